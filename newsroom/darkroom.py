"""The darkroom: develops one unknown picture, in a process of its own.

A file can lie. A few bytes may ask for gigabytes or minutes, or bring a decoder down. So
`pictures.read()` has every file decoded here, where the system limits memory and time and
nothing else is lost with the process. It starts quickly: it imports nothing of ours.

    python darkroom.py MAX_PIXELS MAX_JPEG_PIXELS < file

writes a line of JSON, then the pixels as RGB.
"""

import json
import resource
import sys
from io import BytesIO

from PIL import AvifImagePlugin, ExifTags, Image, ImageCms, UnidentifiedImageError

FORMATS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "AVIF": "avif", "GIF": "gif"}
LONGEST_EDGE = 2400
TURNS = {  # EXIF orientation: what puts it right
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Enough for a JPEG of 64 megapixels (48 if progressive), a PNG of 39, an AVIF of 24 and a
# WebP of 15.
LIMITS = {resource.RLIMIT_DATA: 250 * 2**20, resource.RLIMIT_CPU: 4}  # bytes, seconds

Image.MAX_IMAGE_PIXELS = None  # size is judged below; Pillow would only warn
AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each has a stack, which counts as memory


class Unfit(Exception):
    """Why a file does not become a picture, in a word that `pictures` has a sentence for."""


def develop(file, max_pixels, max_jpeg_pixels):
    """Return (picture, extension): upright sRGB pixels on white, at most LONGEST_EDGE long."""
    image = Image.open(file, formats=tuple(FORMATS))
    # Several pictures in one JPEG (MPO) are of one moment: the first is the photograph.
    kind = "JPEG" if image.format == "MPO" else image.format
    if image.width * image.height > (max_jpeg_pixels if kind == "JPEG" else max_pixels):
        raise Unfit("large", *image.size)
    if kind != "JPEG" and getattr(image, "is_animated", False):
        raise Unfit("moving")
    scale = min(1, LONGEST_EDGE / max(image.size))
    size = [max(1, round(edge * scale)) for edge in image.size]
    image.draft(None, size)  # a JPEG is decoded at 1/2, 1/4 or 1/8
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I"):  # 16 bits of grey, which convert() would cut off at 255
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        if image.mode not in ("LA", "RGBA"):
            image = image.convert("RGBA")
        image = on_white(image)
    elif image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    image.thumbnail(size, Image.Resampling.LANCZOS, reducing_gap=2)
    image = upright(image)
    if profile:
        image = to_srgb(image, profile)
    return image.convert("RGB"), FORMATS[kind]


def on_white(image):
    """Return the see-through `image` as it looks on paper."""
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image)
    ground.info = image.info
    return ground


def upright(image):
    """Return `image` turned as its EXIF says; as it is where that is broken."""
    try:
        turn = TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
    except Exception:  # of many kinds
        return image
    return image if turn is None else image.transpose(turn)


def to_srgb(image, profile):
    """Return `image` converted from its ICC profile; as it is where the profile is unusable."""
    try:
        return ImageCms.profileToProfile(
            image,
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            outputMode="RGB",
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def main():
    for limit, value in LIMITS.items():
        resource.setrlimit(limit, (value, value))
    pixels = b""
    try:
        image, extension = develop(BytesIO(sys.stdin.buffer.read()), *map(int, sys.argv[1:]))
        answer, pixels = ["fit", extension, *image.size], image.tobytes()
    except Unfit as unfit:
        answer = unfit.args
    except UnidentifiedImageError:
        answer = ["unknown"]
    except Exception:  # decoders raise many kinds for what is broken, or asks too much
        answer = ["unreadable"]
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + pixels)


if __name__ == "__main__":
    main()
