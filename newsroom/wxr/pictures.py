"""The pictures of a former site, found in a local copy of its wp-content/uploads/."""

import hashlib
import os
import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext as _

from articles.models import Photo, originals
from newsroom import pictures
from newsroom.text import excerpt, one_line
from newsroom.wxr.bodies import line_of
from newsroom.wxr.reader import Attachment

UPLOADS = "uploads/"
PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif)$", re.IGNORECASE)
SIZE = re.compile(r"(?:-\d+x\d+|-scaled|-rotated)(?=\.\w+$)")


def key_of(text, length=250):
    """Return `text` as an import key: itself, or shortened with a digest where it is long."""
    if len(text) <= length:
        return text
    return f"{text[: length - 70]}#{hashlib.sha256(text.encode()).hexdigest()}"


def upload_path(url):
    """Return the path of an address below uploads/, decoded, in NFC; empty if unreadable."""
    try:
        path = unquote(urlsplit(url).path)
    except ValueError:
        return ""
    path = unicodedata.normalize("NFC", path)
    return path.rpartition(UPLOADS)[2].lstrip("/")


def host_of(url):
    """Return the host of an address without its www.; empty if it names none."""
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def readable(url):
    """Return an address as people read it, Hangul decoded."""
    return one_line(unquote(url))


def fit(text, length):
    """Return `text`, cut with an ellipsis if it is longer than `length`."""
    return text if len(text) <= length else excerpt(text, length - 1)


class MediaFolder:
    """The files of uploads/ (or a folder around it) by path; an address names none outside."""

    def __init__(self, folder):
        self.files = {}
        root = Path(folder).resolve() if folder else None
        for where, _folders, names in os.walk(root) if root else ():
            for name in names:
                path = Path(where, name)
                if path.resolve().is_relative_to(root):
                    relative = path.relative_to(root).as_posix()
                    self.files[upload_path(f"/{relative.replace('%', '%25')}")] = path

    def find(self, url):
        """Return the file of an attachment's address, the uncut original if it is there.

        An export of ours names pictures as our readers' browsers do, below /media/.
        """
        path = upload_path(url)
        names = (path, SIZE.sub("", path), path.removeprefix("media/"))
        return next((self.files[name] for name in names if name in self.files), None)


class PictureDesk:
    """Takes pictures into the library once, and knows which photo stands for which address."""

    def __init__(self, export, folder, report, is_dry):
        self.media = MediaFolder(folder)
        self.export, self.report, self.is_dry = export, report, is_dry
        urls = [attachment.url for attachment in export.attachments.values()]
        self.hosts = {host_of(url) for url in (export.base, *urls)} - {""}
        self.photos = {}  # attachment number: Photo
        self.uploaded_to = {}  # a post's number: the numbers of the pictures put there
        self.by_path = {}  # exact path below uploads/: Photo
        self.by_stem = {}  # the same without its size
        self.taken = []  # photos whose files this run may have written
        self.known = {p.import_key: p for p in Photo.objects.exclude(import_key=None)}
        self.refused = set()

    def read_files(self, progress):
        """Draw the pictures of all attachments, before any row is written."""
        for attachment in progress(self.export.attachments.values(), _("Photos")):
            path = upload_path(attachment.url)
            if PICTURE.search(path):
                self.uploaded_to.setdefault(attachment.post, []).append(attachment.number)
            if photo := self.photo_of(attachment):
                self.photos[attachment.number] = photo
                self.by_path[path] = photo
                self.by_stem.setdefault(SIZE.sub("", path), photo)

    def key(self, url):
        return key_of(f"{self.export.name}wp-content/uploads/{upload_path(url)}")

    def photo_of(self, attachment):
        """Return the photo made of an attachment, saved or not yet; None with a report."""
        key = self.key(attachment.url)
        if key in self.known:
            self.report.count("photo", "unchanged")
            return self.known[key]
        path = self.media.find(attachment.url)
        if path is None:
            reason = _("file not found in the media folder")
            if not self.media.files:
                reason = _("no media folder: bring the file and import again")
            self.report.skip("photo", reason, readable(attachment.url), is_listed=True)
            return None
        photo = Photo(
            import_key=key,
            alt=fit(line_of(attachment.alt), 250),
            caption=fit(line_of(attachment.caption), 400),
        )
        try:
            with open(path, "rb") as file:
                self.take(photo, file)
        except pictures.Refused as error:
            self.report.skip("photo", str(error), readable(attachment.url), is_listed=True)
            return None
        self.known[key] = photo
        return photo

    def take(self, photo, file):
        if self.is_dry:  # look at it as take() would, but write nothing
            image = pictures.read(file)
            photo.digest, photo.width, photo.height = image.digest, image.width, image.height
            photo.colour, photo.original = image.colour, image.digest
            photo.version = pictures.version(photo.digest, photo.focal, photo.is_ai_generated)
        else:
            self.taken.append(photo)
            photo.take(file)

    def save_rows(self):
        for attachment in self.export.attachments.values():
            if photo := self.photos.get(attachment.number):
                self.save(photo)
                self.complete(photo, attachment.alt, attachment.caption)

    def save(self, photo):
        if photo.pk is None:
            photo.save()
            self.report.count("photo", "made")

    def complete(self, photo, alt, caption=""):
        """Give a photo the words that it has not; those that it has may be an editor's."""
        alt = photo.alt or fit(line_of(alt), 250)
        caption = photo.caption or fit(line_of(caption), 400)
        if (alt, caption) != (photo.alt, photo.caption):
            photo.alt, photo.caption = alt, caption
            Photo.objects.filter(pk=photo.pk).update(alt=alt, caption=caption)

    def find(self, number, url, alt=""):
        """Return the key of the photo with that attachment number or address, or None.

        Text pasted from another WordPress has that site's numbers, and its uploads may be
        named as ours are: an address elsewhere counts if number and name agree.
        """
        photo, path = self.photos.get(number), upload_path(url)
        by_path = self.by_path.get(path) or self.by_path.get(SIZE.sub("", path))
        by_path = by_path or self.by_stem.get(SIZE.sub("", path))
        if url and not self.is_ours(url):
            photo = photo if photo is by_path else None
        else:
            photo = by_path or photo
            if photo is None and UPLOADS in url and path not in self.refused:
                photo = self.take_unlisted(url, path)
        if photo and alt:
            self.complete(photo, alt)
        return photo.pk if photo else None

    def is_ours(self, url):
        """Whether an address is the former site's, with or without an image service before it."""
        host = host_of(url)
        is_served = host.endswith(".wp.com") and any(own in url for own in self.hosts)
        return not host or host in self.hosts or is_served

    def is_file(self, url):
        """Whether an address is that of a file that the former site holds."""
        return UPLOADS in url and self.is_ours(url)

    def take_unlisted(self, url, path):
        """Take a picture that a body shows though the export does not list it."""
        whole = url.partition("?")[0]
        addresses = (SIZE.sub("", whole), whole)
        found = [a for a in addresses if self.key(a) in self.known or self.media.find(a)]
        photo = self.photo_of(Attachment("", found[0])) if found else None
        if photo is None:
            self.refused.add(path)
            return None
        self.save(photo)
        self.by_path[path] = self.by_stem[SIZE.sub("", path)] = photo
        return photo

    def forget_files(self):
        """Delete the files that a failed run wrote, unless a row has need of them."""
        for photo in self.taken:
            is_needed = Photo.objects.filter(digest=photo.digest).exists()
            if photo.original and not is_needed:
                originals().delete(photo.original)
            if photo.version:
                photo.remove_renditions()
