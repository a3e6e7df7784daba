"""The `export_wxr` command: the whole paper as a file that WordPress imports."""

import errno
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from tqdm import tqdm

from newsroom.html_export import HtmlExport
from newsroom.wxr.exporter import write_export, write_to


class Command(BaseCommand):
    help = "Write the whole paper, comments with their threads, as a WordPress export (WXR 1.2)."

    def add_arguments(self, parser):
        parser.add_argument("file", help="where to write it (.xml); - is the standard output")
        parser.add_argument(
            "--without-emails",
            action="store_true",
            help="leave out the e-mail addresses of those who commented",
        )
        parser.add_argument(
            "--html",
            metavar="FOLDER",
            help="besides, write what readers see as pages that open without a server",
        )

    def handle(self, *args, file, without_emails=False, html=None, **options):
        if html and Path(html).exists() and any(Path(html).iterdir()):
            raise CommandError(_("Nothing was written. %s") % _("%s is not empty.") % html)
        is_stream = file == "-"
        try:
            if is_stream:
                counts = write_to(Stream(self.stdout), with_emails=not without_emails)
            else:
                counts = write_export(file, with_emails=not without_emails)
        except KeyboardInterrupt:
            raise CommandError(_("Nothing was written. %s") % _("It was interrupted.")) from None
        except OSError as error:
            text = f"{file}: {reason_of(error)}"
            raise CommandError(_("Nothing was written. %s") % text) from error
        line = _(
            "Written: %(articles)d articles, %(pages)d pages, %(photos)d photos,"
            " %(comments)d comments."
        )
        kinds = ("articles", "pages", "photos", "comments")
        out = self.stderr if is_stream else self.stdout
        out.write(line % {kind: counts[kind] for kind in kinds}, self.style.SUCCESS)
        if html:
            try:
                pages = HtmlExport(html).write(lambda items: tqdm(items, disable=None))
            except OSError as error:
                text = _("The pages were not all written. %s")
                raise CommandError(text % f"{html}: {reason_of(error)}") from error
            out.write(_("Written as HTML: %d pages.") % pages, self.style.SUCCESS)


class Stream:
    """The command's output as a file: what is written ends where it ends."""

    def __init__(self, out):
        self.out = out

    def write(self, text):
        self.out.write(text, ending="")


def reason_of(error):
    """Return in words of ours why a file could not be written; the system's words for the rest."""
    reasons = {
        errno.EACCES: _("this folder may not be written to"),
        errno.EPERM: _("this folder may not be written to"),
        errno.EROFS: _("this folder may not be written to"),
        errno.ENOENT: _("there is no such folder"),
        errno.ENOTDIR: _("there is no such folder"),
        errno.EISDIR: _("this is a folder; the export is a file"),
        errno.ENOSPC: _("the disk is full"),
        errno.EDQUOT: _("the disk is full"),
    }
    return reasons.get(error.errno) or error.strerror or error
