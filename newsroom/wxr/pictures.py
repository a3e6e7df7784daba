"""The pictures of a former site, found in a local copy of its wp-content/uploads/."""

import hashlib
import os
import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from articles.models import Photo, originals
from newsroom import pictures
from newsroom.text import excerpt
from newsroom.wxr.bodies import line_of
from newsroom.wxr.reader import Attachment

UPLOADS = "wp-content/uploads/"
SIZE = re.compile(r"(?:-\d+x\d+|-scaled)(?=\.\w+$)")


def key_of(text):
    """Return `text` as an import key: itself, or shortened with a digest where it is long."""
    if len(text) <= 250:
        return text
    return f"{text[:180]}#{hashlib.sha256(text.encode()).hexdigest()}"


def upload_path(url):
    """Return the path of an address below uploads/, decoded, in NFC; empty if unreadable."""
    try:
        path = unquote(urlsplit(url).path)
    except ValueError:
        return ""
    path = unicodedata.normalize("NFC", path)
    return path.rpartition(UPLOADS)[2].lstrip("/")


class MediaFolder:
    """The files below a folder by their path; an address can name none outside of it."""

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
        """Return the file of an attachment's address, the uncut original if it is there."""
        path = upload_path(url)
        return self.files.get(path) or self.files.get(SIZE.sub("", path))


class PictureDesk:
    """Takes pictures into the library once, and knows which photo stands for which address."""

    def __init__(self, export, folder, report, is_dry):
        self.media = MediaFolder(folder)
        self.export, self.report, self.is_dry = export, report, is_dry
        self.photos = {}  # attachment number: Photo
        self.by_path = {}  # exact path below uploads/: Photo
        self.by_stem = {}  # the same without its size
        self.taken = []  # photos whose files this run may have written
        self.known = {p.import_key: p for p in Photo.objects.exclude(import_key=None)}
        self.refused = set()

    def read_files(self, progress):
        """Draw the pictures of all attachments, before any row is written."""
        for attachment in progress(self.export.attachments.values()):
            if photo := self.photo_of(attachment):
                self.photos[attachment.number] = photo
                path = upload_path(attachment.url)
                self.by_path[path] = photo
                self.by_stem.setdefault(SIZE.sub("", path), photo)

    def photo_of(self, attachment):
        """Return the photo made of an attachment, saved or not yet; None with a report."""
        key = key_of(attachment.url)
        if key in self.known:
            self.report.count("photo", "unchanged")
            return self.known[key]
        path = self.media.find(attachment.url)
        if path is None:
            reason = _("file not found in the media folder")
            if not self.media.files:
                reason = _("no media folder: bring the file and import again")
            self.report.skip("photo", reason, attachment.url)
            return None
        photo = Photo(
            import_key=key,
            alt=excerpt(line_of(attachment.alt), 249),
            caption=excerpt(line_of(attachment.caption), 399),
        )
        try:
            with open(path, "rb") as file:
                self.take(photo, file)
        except pictures.Refused as error:
            self.report.skip("photo", str(error), attachment.url)
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
        for photo in {id(p): p for p in self.photos.values()}.values():
            if photo.pk is None:
                photo.save()
                self.report.count("photo", "made")

    def find(self, number, url):
        """Return the key of the photo with that attachment number or address, or None."""
        path = upload_path(url)
        photo = self.by_path.get(path) or self.by_stem.get(SIZE.sub("", path))
        photo = photo or self.photos.get(number)
        if photo is None and UPLOADS in url and path not in self.refused:
            photo = self.take_unlisted(url, path)
        return photo.pk if photo else None

    def take_unlisted(self, url, path):
        """Take a picture that a body shows though the export does not list it."""
        file = self.media.find(url)
        photo = file and self.photo_of(Attachment("", SIZE.sub("", url)))
        if not photo:
            self.refused.add(path)
            return None
        if photo.pk is None:
            photo.save()
            self.report.count("photo", "made")
        self.by_path[path] = self.by_stem[SIZE.sub("", path)] = photo
        return photo

    def forget_files(self):
        """Delete the files that a failed run wrote, unless a row has need of them."""
        for photo in self.taken:
            rows = Photo.objects.filter(digest=photo.digest)
            if photo.original and not rows.exists():
                originals().delete(photo.original)
            if photo.version and not rows.filter(version=photo.version).exists():
                for crop, (_ratio, _widths, extensions) in pictures.CROPS.items():
                    for width in pictures.widths(crop, photo.width, photo.height):
                        for extension in extensions:
                            path = pictures.path(photo.version, crop, width, extension)
                            default_storage.delete(path)
