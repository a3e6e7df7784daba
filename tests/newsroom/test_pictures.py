"""Pictures: what is let in, what goes out, and what is refused with which words."""

import struct
import subprocess
import sys
import zlib
from io import BytesIO

import pytest
from django.core.files.storage import default_storage, storages
from django.test import TestCase
from PIL import Image

from articles.models import Photo
from newsroom import pictures
from tests.factories import image_file, make_article, make_photo


def opened(photo, crop, width, extension="jpg"):
    path = photo.rendition(crop, width, extension).removeprefix("/media/")
    return Image.open(default_storage.open(path))


class RenditionTests(TestCase):
    def test_every_width_and_format_is_served_for_good(self):
        photo = make_photo(image_file(1300, 900))
        self.assertEqual(photo.widths("full"), [480, 800, 1200])
        for crop, (_, _, extensions) in pictures.CROPS.items():
            for width in photo.widths(crop):
                for extension in extensions:
                    with self.subTest(f"{crop} {width} {extension}"):
                        response = self.client.get(photo.rendition(crop, width, extension))
                        data = b"".join(response.streaming_content)
                        self.assertEqual(Image.open(BytesIO(data)).size, photo.size(crop, width))
                        self.assertIn("immutable", response["Cache-Control"])

    def test_small_picture_is_not_made_larger(self):
        photo = make_photo(image_file(300, 200))
        self.assertEqual(photo.widths("full"), [300])
        self.assertEqual(photo.widths("card"), [160, 300])

    def test_crop_keeps_the_focal_point(self):
        left = make_photo(image_file(1200, 400), focal_x=0)
        right = make_photo(image_file(1200, 400), focal_x=100)
        dark = opened(left, "square", 192).convert("RGB").getpixel((96, 96))
        light = opened(right, "square", 192).convert("RGB").getpixel((96, 96))
        self.assertLess(sum(dark), sum(light))

    def test_moving_the_focal_point_changes_addresses_here_and_in_articles(self):
        photo = make_photo()
        article = make_article(body=f'<figure data-photo="{photo.pk}"></figure>')
        before = photo.version
        photo.focal_x = 10
        photo.save()
        article.refresh_from_db()
        self.assertNotIn(before, article.body_html)
        self.assertIn(photo.version, article.body_html)
        self.assertTrue(opened(photo, "full", 480))

    def test_place_and_camera_do_not_go_out_and_the_original_is_private(self):
        exif = Image.Exif()
        exif[0x010F] = "SecretCamera"
        exif.get_ifd(0x8825)[1] = "N"
        photo = make_photo(image_file(exif=exif))
        for width in photo.widths("full"):
            for extension in ("jpg", "avif"):
                path = photo.rendition("full", width, extension).removeprefix("/media/")
                self.assertNotIn(b"SecretCamera", default_storage.open(path).read())
                self.assertFalse(opened(photo, "full", width, extension).getexif())
        self.assertIn(b"SecretCamera", storages["originals"].open(photo.original).read())
        for address in (
            f"/media/{photo.original}",
            f"/media/../originals/{photo.original}",
        ):
            self.assertEqual(self.client.get(address).status_code, 404)

    def test_every_exif_orientation_comes_out_upright(self):
        turned = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}  # Pillow's transpositions
        inverse = {0: 0, 1: 1, 2: 4, 3: 3, 4: 2, 5: 5, 6: 6}
        upright = Image.new("RGB", (600, 400), "white")
        upright.paste((200, 0, 0), (0, 0, 300, 200))
        for orientation, transposition in turned.items():
            with self.subTest(orientation):
                exif = Image.Exif()
                exif[0x0112] = orientation
                stored = upright.transpose(Image.Transpose(inverse[transposition]))
                file = BytesIO()
                stored.save(file, "JPEG", exif=exif)
                made = pictures.read(file).pixels
                self.assertEqual(made.size, (600, 400))
                self.assertGreater(made.getpixel((50, 50))[0] - made.getpixel((50, 50))[1], 100)
                self.assertLess(made.getpixel((550, 350))[0] - made.getpixel((550, 350))[1], 40)

    def test_ai_picture_carries_its_mark_in_every_file(self):
        photo = make_photo(is_ai_generated=True)
        for width in photo.widths("full"):
            for extension in ("jpg", "avif"):
                path = photo.rendition("full", width, extension).removeprefix("/media/")
                self.assertIn(b"trainedAlgorithmicMedia", default_storage.open(path).read())
        plain = make_photo()
        path = plain.rendition("full", 480).removeprefix("/media/")
        self.assertNotIn(b"trainedAlgorithmicMedia", default_storage.open(path).read())

    def test_see_through_and_palette_and_grey_pictures_are_taken(self):
        for mode in ("RGBA", "LA", "P", "L", "CMYK", "1", "I;16"):
            with self.subTest(mode):
                file = BytesIO()
                image = Image.new(mode, (300, 200))
                image.save(file, "JPEG" if mode == "CMYK" else "PNG")
                self.assertEqual(pictures.read(file).pixels.mode, "RGB")


def png_of(width, height):
    """Return a PNG of one colour, small as a file and as large as it says when decoded."""

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    packer = zlib.compressobj(9)
    row = b"\0" * (1 + width * 3)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


class RefusalTests(TestCase):
    def refused(self, data):
        with self.assertRaises(pictures.Refused) as caught:
            Photo().take(BytesIO(data))
        return str(caught.exception)

    def test_what_is_no_picture(self):
        for data in (
            b"",
            b"GIF89a",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            b"%PDF-1.7",
            b"\0" * 999,
        ):
            self.assertRegex(self.refused(data), "사진 파일")

    def test_broken_picture(self):
        for kind in ("JPEG", "PNG", "WEBP"):
            whole = image_file(format=kind).read()
            self.assertIn("손상", self.refused(whole[: len(whole) // 2]))

    def test_moving_picture(self):
        frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "blue")]
        for kind in ("GIF", "WEBP", "PNG"):
            file = BytesIO()
            frames[0].save(file, kind, save_all=True, append_images=frames[1:])
            self.assertIn("움직이는", self.refused(file.getvalue()))

    def test_bomb_is_refused_before_it_is_decoded(self):
        self.assertIn("너무 큽니다", self.refused(png_of(12_000, 12_000)))

    def test_file_that_is_too_heavy(self):
        with self.settings(PHOTO_MAX_BYTES=2**20):
            self.assertIn("MB", self.refused(b"\0" * (3 * 2**20)))

    def test_same_pictures_within_the_limits_are_taken(self):
        self.assertEqual(pictures.read(BytesIO(png_of(1200, 900))).width, 1200)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does it")
def test_largest_picture_costs_little_memory():
    """The largest picture that is taken: peak memory of a process of its own."""
    code = (
        "import resource, sys, io, django; django.setup()\n"
        "from newsroom import pictures\n"
        "from tests.newsroom.test_pictures import png_of\n"
        "data = io.BytesIO(png_of(7300, 5400))\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "picture = pictures.read(data)\n"
        "for _ in pictures.renditions(picture, 'x' * 16, (0.5, 0.5), False): pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 300, f"{done.stdout} MB"
