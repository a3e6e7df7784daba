"""Pictures: what is let in, and what readers get of it.

An upload is judged by its content, never by its name. What goes out is drawn anew from
the pixels, so that nothing else of the file (place, camera, hidden payload) goes with it.
This module imports no app.
"""

import hashlib
import json
import logging
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Lock

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage
from django.utils.translation import gettext as _
from PIL import Image

from newsroom.files import whole_file

logger = logging.getLogger(__name__)

DARKROOM = Path(__file__).with_name("darkroom.py")
SECONDS = 60  # for a file that waits for a busy processor; the darkroom limits its own work
one_at_a_time = Lock()  # the memory of one picture, however many editors upload

# crop: (width ÷ height, or None for the whole picture; widths in px; formats)
CROPS = {
    "full": (None, (480, 800, 1200, 1600), ("avif", "jpg")),
    "card": (3 / 2, (160, 320, 480, 800), ("avif", "jpg")),
    "square": (1, (96, 192), ("avif", "jpg")),
    "social": (1200 / 630, (1200,), ("jpg",)),
    "1x1": (1, (1200,), ("jpg",)),
    "4x3": (4 / 3, (1200,), ("jpg",)),
    "16x9": (16 / 9, (1200,), ("jpg",)),
}

# IPTC's mark of a picture made by a trained model, kept in the file itself.
AI_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    b' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    b" Iptc4xmpExt:DigitalSourceType="
    b'"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"/>'
    b"</rdf:RDF></x:xmpmeta>"
)
# The same said by others: IPTC's DigitalSourceType in XMP, or in the manifest that C2PA puts into
# the file. A C2PA manifest alone says nothing; cameras write it too.
AI_MARK = re.compile(rb"digitalsourcetype/(compositeWithT|t)rainedAlgorithmic(Media|Data)")


class Refused(Exception):
    """A file that does not become a picture; the message is meant for the editor."""


@dataclass
class Picture:
    """A checked picture: upright sRGB pixels, no larger than any rendition needs."""

    pixels: Image.Image
    digest: str
    extension: str
    width: int
    height: int
    colour: str
    says_ai: bool  # the file itself says that AI made it, or a part of it


def read(file) -> Picture:
    """Return the picture in `file`, opened for reading bytes.

    Raises `Refused` for what is no picture, moves, is broken, exceeds `PHOTO_MAX_BYTES` or
    `PHOTO_MAX_PIXELS` (`PHOTO_MAX_JPEG_PIXELS` for a JPEG), or asks for more memory or time
    than the darkroom has.
    """
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    if size > settings.PHOTO_MAX_BYTES:
        raise Refused(
            _("The file is %(size)d MB; at most %(limit)d MB can be taken.")
            % {"size": size // 2**20, "limit": settings.PHOTO_MAX_BYTES // 2**20}
        )
    digest = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    content = file.read()
    says_ai = AI_MARK.search(content) is not None
    with one_at_a_time:
        result, details, data = develop(content)
    if result != "fit":
        raise Refused(refusal(result, details))
    extension, width, height = details
    pixels = Image.frombytes("RGB", (width, height), data)
    red, green, blue = pixels.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return Picture(
        pixels=pixels,
        digest=digest,
        extension=extension,
        width=width,
        height=height,
        colour=f"#{red:02x}{green:02x}{blue:02x}",
        says_ai=says_ai,
    )


def develop(data):
    """Return (result, details, pixels) of the darkroom for the bytes of a file."""
    limits = (settings.PHOTO_MAX_PIXELS, settings.PHOTO_MAX_JPEG_PIXELS)
    command = [sys.executable, "-I", DARKROOM, *map(str, limits)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return "unreadable", (), b""
    if done.returncode:  # too much memory or time, a decoder that fell, or a fault of ours
        logger.warning("darkroom ended with %d %s", done.returncode, done.stderr[-300:])
        return "unreadable", (), b""
    line, _newline, pixels = done.stdout.partition(b"\n")
    result, *details = json.loads(line)
    return result, details, pixels


def refusal(result, details):
    """Return the sentence that tells the editor why a file was not taken."""
    if result == "large":
        return _("The picture has %(width)d × %(height)d pixels; that is too many.") % {
            "width": details[0],
            "height": details[1],
        }
    return {
        "unknown": _("This file is not a picture that we can read (JPEG, PNG, WebP, AVIF or GIF)."),
        "moving": _("The picture moves. Please save one frame of it as JPEG or PNG."),
        "unreadable": _(
            "The picture cannot be read to its end: it is damaged, or too large for its kind."
            " Please save it anew as JPEG, smaller if need be."
        ),
    }[result]


def keep(storage, path, file):
    """Store `file` under `path` whole or not at all, and on the disk when this returns.

    What stands there already stays: a path belongs to one content.
    """
    if not isinstance(storage, FileSystemStorage):  # S3 shows an object whole or not at all
        if not storage.exists(path):
            storage.save(path, File(file))
        return
    target = storage.path(path)
    if os.path.exists(target):
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with whole_file(target) as written:
        shutil.copyfileobj(file, written)
        os.fchmod(written.fileno(), settings.FILE_UPLOAD_PERMISSIONS)


def version(digest, focal, is_ai_generated):
    """Return the name under which renditions with these properties stand."""
    text = f"{digest} {focal[0]:.2f} {focal[1]:.2f} {is_ai_generated:d}"
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def path(version, crop, width, extension):
    """Return where a rendition stands in the public storage."""
    return f"photos/{version[:2]}/{version}-{crop}-{width}.{extension}"


def crop_size(crop, width, height):
    """Return the largest (width, height) of `crop` within a picture of that size."""
    ratio = CROPS[crop][0]
    if ratio is None:
        return width, height
    if width / height > ratio:
        return max(1, round(height * ratio)), height
    return width, max(1, round(width / ratio))


def widths(crop, width, height):
    """Return the widths at which `crop` of a picture of that size exists, ascending."""
    ladder = CROPS[crop][1]
    widest = crop_size(crop, width, height)[0]
    steps = [step for step in ladder if step <= widest]
    if widest < ladder[-1] and (not steps or widest > steps[-1] * 1.15):
        steps.append(widest)
    return steps


def size(crop, target, width, height):
    """Return (width, height) of the rendition of `crop` that is `target` px wide."""
    ratio = CROPS[crop][0]
    return target, max(1, round(target / ratio if ratio else target * height / width))


def paths(version, width, height):
    """Yield the path of every rendition of a picture of that size."""
    for crop, (_ratio, _ladder, extensions) in CROPS.items():
        for step in widths(crop, width, height):
            for extension in extensions:
                yield path(version, crop, step, extension)


def renditions(picture: Picture, name, focal, is_ai_generated):
    """Yield (path, bytes) of every rendition; crops keep the `focal` point (fractions)."""
    extra = {"xmp": AI_XMP} if is_ai_generated else {}
    for crop, (_ratio, _ladder, extensions) in CROPS.items():
        box = crop_size(crop, picture.width, picture.height)
        left = (picture.width - box[0]) * focal[0]
        top = (picture.height - box[1]) * focal[1]
        whole = (left, top, left + box[0], top + box[1])
        for step in reversed(widths(crop, picture.width, picture.height)):
            target = size(crop, step, picture.width, picture.height)
            image = picture.pixels.resize(target, Image.Resampling.LANCZOS, whole, reducing_gap=2)
            for extension in extensions:
                data = BytesIO()
                if extension == "avif":
                    image.save(data, "AVIF", quality=58, speed=8, **extra)
                else:
                    image.save(data, "JPEG", quality=80, optimize=True, progressive=True, **extra)
                yield path(name, crop, step, extension), data.getvalue()
