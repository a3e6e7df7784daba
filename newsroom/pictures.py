"""Pictures: what is let in, and what readers get of it.

An upload is judged by its content, never by its name. What goes out is drawn anew from
the pixels, so that nothing else of the file (place, camera, hidden payload) goes with it.
This module imports no app.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from django.conf import settings
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

FORMATS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "AVIF": "avif", "GIF": "gif"}
# Size is judged here, right after the header is read; Pillow would only warn.
Image.MAX_IMAGE_PIXELS = None
LONGEST_EDGE = 2400  # of what is kept in memory after reading

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


class Refused(Exception):
    """A file that does not become a picture; the message is meant for the editor."""


@dataclass
class Picture:
    """A checked picture: upright sRGB pixels, at most `LONGEST_EDGE` px."""

    pixels: Image.Image
    digest: str
    extension: str
    width: int
    height: int
    colour: str


def read(file) -> Picture:
    """Return the picture in `file`, opened for reading bytes.

    Raises `Refused` for what is no picture, moves, is broken, or exceeds
    `PHOTO_MAX_BYTES` or `PHOTO_MAX_PIXELS`; size is judged before pixels are decoded.
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
    try:
        image = Image.open(file, formats=tuple(FORMATS))
        if image.width * image.height > settings.PHOTO_MAX_PIXELS:
            raise Refused(
                _("The picture has %(width)d × %(height)d pixels; that is too many.")
                % {"width": image.width, "height": image.height}
            )
        if getattr(image, "is_animated", False):
            raise Refused(_("The picture moves. Please save one frame of it as JPEG or PNG."))
        extension = FORMATS[image.format]
        pixels = upright(image)
    except UnidentifiedImageError as error:
        raise Refused(
            _("This file is not a picture that we can read (JPEG, PNG, WebP, AVIF or GIF).")
        ) from error
    except Refused:
        raise
    except Exception as error:  # Pillow's decoders raise many kinds for broken files
        raise Refused(_("The picture is damaged and cannot be read to its end.")) from error
    red, green, blue = pixels.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return Picture(
        pixels=pixels,
        digest=digest,
        extension=extension,
        width=pixels.width,
        height=pixels.height,
        colour=f"#{red:02x}{green:02x}{blue:02x}",
    )


def upright(image):
    """Return the pixels of `image` turned upright, in sRGB, on white, no larger than needed."""
    profile = image.info.get("icc_profile")
    image.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))
    if image.mode in ("P", "PA", "1", "I;16", "I", "F"):
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    image.thumbnail((LONGEST_EDGE, LONGEST_EDGE), Image.Resampling.LANCZOS, reducing_gap=2)
    image = ImageOps.exif_transpose(image)
    if "A" in image.getbands():
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image.convert("RGBA"))
        image = ground.convert("RGB")
    if profile:
        image = to_srgb(image, profile)
    image = image.convert("RGB")
    image.info.clear()
    return image


def to_srgb(image, profile):
    """Return `image` converted from its ICC profile; as it is where the profile is unusable."""
    try:
        return ImageCms.profileToProfile(
            image, ImageCms.ImageCmsProfile(BytesIO(profile)), srgb(), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


@cache
def srgb():
    return ImageCms.createProfile("sRGB")


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
