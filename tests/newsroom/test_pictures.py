"""Pictures: what is let in, what goes out, and what is refused with which words."""

import os
import subprocess
import sys
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.files.storage import default_storage, storages
from django.test import TestCase
from PIL import Image

from articles.models import Photo
from benchmarks.pictures import colour_profile, jpeg_of_scans, png, with_exif
from newsroom import pictures
from tests.factories import image_file, make_article, make_photo
from tests.newsroom.test_admin import change, sign_in

ADD = "/admin/articles/photo/add/"


def opened(photo, crop, width, extension="jpg"):
    path = photo.rendition(crop, width, extension).removeprefix("/media/")
    return Image.open(default_storage.open(path))


def files_of(photo):
    """Return {path: bytes} of everything that readers could get of a photo."""
    paths = pictures.paths(photo.version, photo.width, photo.height)
    return {path: default_storage.open(path).read() for path in paths}


def stored():
    """Return the paths of all files, private ones too."""
    root = settings.MEDIA_ROOT
    return {path.relative_to(root) for path in root.rglob("*") if path.is_file()}


def saved(image, format="PNG", **options):
    file = BytesIO()
    image.save(file, format, **options)
    file.seek(0)
    return file


def pixel(file, at=(5, 5)):
    return pictures.read(file).pixels.getpixel(at)


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

    def test_place_and_camera_do_not_go_out_and_the_original_is_kept(self):
        exif = Image.Exif()
        exif[0x010F] = "SecretCamera"
        exif.get_ifd(0x8825)[2] = (37.0, 30.0, 12.5)
        photo = make_photo(image_file(1700, 900, exif=exif, comment=b"SecretPlace"))
        files = files_of(photo)
        self.assertEqual(len(files), 24)
        for path, data in files.items():
            with self.subTest(path):
                self.assertNotRegex(data, b"Secret|Exif|GPS|ICC_PROFILE")
                self.assertFalse(Image.open(BytesIO(data)).getexif())
        self.assertIn(b"SecretCamera", storages["originals"].open(photo.original).read())

    def test_no_address_reaches_the_original(self):
        photo = make_photo()
        for path in (
            photo.original,
            f"originals/{photo.original}",
            f"../originals/{photo.original}",
            f"%2e%2e/originals/{photo.original}",
            f"..%2foriginals%2f{photo.original}",
            f"..\\originals\\{photo.original}",
            f"photos/../../originals/{photo.original}",
            f"/{storages['originals'].path(photo.original)}",
            f"photos/{photo.version[:2]}/{photo.version}-full-480.jpg%00",
            f"photos/{photo.version[:2]}/{photo.version}-full-480.jpg%0a",
            f"photos/{photo.version[:2]}/",
        ):
            with self.subTest(path):
                self.assertIn(self.client.get(f"/media/{path}").status_code, (301, 404))
        self.assertEqual(self.client.get(photo.rendition("full", 480)).status_code, 200)

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

    def test_turned_picture_whose_exif_is_broken_is_taken(self):
        broken = b"MM\0\x2a\0\0\0\x08\0\2"
        broken += b"\1\0\0\2\0\0\0\4abc\0"  # the width as a word
        broken += b"\1\x12\0\3\0\0\0\1\0\6\0\0" + b"\0\0\0\0"
        self.assertEqual(pictures.read(with_exif(image_file(300, 200), broken)).height, 300)
        for nonsense in (b"MM", b"MM\0\x2a\xff\xff\xff\xff", b"\xff" * 500):
            self.assertEqual(pictures.read(with_exif(image_file(300, 200), nonsense)).height, 200)

    def test_colours_are_converted_from_the_profile(self):
        adobe_rgb = colour_profile(
            ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
            gamma=2.2,
        )
        green = Image.new("RGB", (300, 200), (100, 160, 100))
        self.assertEqual(pixel(saved(green)), (100, 160, 100))
        red, *others = pixel(saved(green, icc_profile=adobe_rgb))
        self.assertLess(red, 60)
        self.assertEqual(pixel(saved(green, icc_profile=b"no profile")), (100, 160, 100))
        self.assertEqual(len(others), 2)

    def test_sixteen_bits_of_grey_keep_their_shades(self):
        middle = Image.new("I;16", (300, 200), 0x8000)
        self.assertEqual(pixel(saved(middle)), (128, 128, 128))

    def test_see_through_pictures_stand_on_white(self):
        for mode, options in {
            "RGBA": {},
            "LA": {},
            "P": {"transparency": 0},
            "L": {"transparency": 0},
            "RGB": {"transparency": (0, 0, 0)},
        }.items():
            with self.subTest(mode):
                self.assertEqual(
                    pixel(saved(Image.new(mode, (30, 20)), **options)), (255, 255, 255)
                )

    def test_several_pictures_in_one_photograph_are_its_first(self):
        """Phones store a depth map or a brighter copy beside the photograph (MPO)."""
        frames = [Image.new("RGB", (300, 200), colour) for colour in ("red", "blue")]
        file = saved(frames[0], "MPO", save_all=True, append_images=frames[1:])
        self.assertGreater(pixel(file)[0], 250)

    def test_ai_picture_carries_its_mark_in_every_file(self):
        mark = b"/digitalsourcetype/trainedAlgorithmicMedia"
        for path, data in files_of(make_photo(image_file(1700, 900), is_ai_generated=True)).items():
            with self.subTest(path):
                self.assertEqual(data.count(mark), 1)
        for path, data in files_of(make_photo(image_file(1700, 900))).items():
            with self.subTest(path):
                self.assertNotIn(b"DigitalSourceType", data)

    def test_odd_kinds_and_shapes_of_pictures_are_taken(self):
        for mode in ("RGBA", "LA", "P", "L", "CMYK", "1", "I;16"):
            with self.subTest(mode):
                file = saved(Image.new(mode, (300, 200)), "JPEG" if mode == "CMYK" else "PNG")
                self.assertEqual(pictures.read(file).pixels.mode, "RGB")
        for size in ((1, 1), (1, 20_000), (20_000, 1)):
            with self.subTest(size):
                self.assertTrue(files_of(make_photo(image_file(*size, format="PNG"))))


class FigureTests(TestCase):
    def test_hero_comes_first_and_every_picture_has_its_words(self):
        hero = make_photo(image_file(1300, 900), alt="불 켜진 장터", credit="한도경")
        other = make_photo(
            image_file(900, 600), alt="다리", caption="새 다리", is_ai_generated=True
        )
        article = make_article(hero=hero, body=f'<figure data-photo="{other.pk}"></figure>')
        page = self.client.get(article.get_absolute_url())
        self.assertContains(page, 'fetchpriority="high"', 1)
        self.assertContains(page, 'width="1200" height="831" alt="불 켜진 장터"')
        self.assertRegex(page.content.decode(), r'alt="다리" data-colour="#\w{6}" loading="lazy"')
        self.assertContains(page, "ⓒ 한도경")
        self.assertContains(page, "새 다리")
        self.assertContains(page, other.notice)


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
            self.assertEqual(
                self.refused(whole[: len(whole) // 2]), pictures.refusal("unreadable", ())
            )

    def test_moving_picture(self):
        frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "blue")]
        for kind in ("GIF", "WEBP", "PNG", "AVIF"):
            file = saved(frames[0], kind, save_all=True, append_images=frames[1:])
            self.assertIn("움직이는", self.refused(file.getvalue()))

    def test_bomb_is_refused_before_it_is_decoded(self):
        self.assertIn("너무 큽니다", self.refused(png(12_000, 12_000)))

    def test_file_that_is_too_heavy(self):
        with self.settings(PHOTO_MAX_BYTES=2**20):
            self.assertIn("MB", self.refused(b"\0" * (3 * 2**20)))

    def test_file_that_asks_for_minutes_is_given_seconds(self):
        unreadable = pictures.refusal("unreadable", ())
        self.assertEqual(self.refused(jpeg_of_scans(7300, 5400, scans=50_000)), unreadable)
        self.assertEqual(pictures.read(BytesIO(jpeg_of_scans(800, 600, scans=9))).width, 800)

    def test_decoder_that_falls_takes_nothing_along(self):
        crash = settings.MEDIA_ROOT / "crash.py"
        crash.write_text("import os; os.abort()")
        with patch.object(pictures, "DARKROOM", crash):
            self.assertEqual(self.refused(b"GIF89a"), pictures.refusal("unreadable", ()))

    def test_same_pictures_within_the_limits_are_taken(self):
        self.assertEqual(pictures.read(BytesIO(png(1200, 900))).width, 1200)


class StorageTests(TestCase):
    def test_full_disk_leaves_no_half_file(self):
        with patch("os.fsync", side_effect=OSError(28, "No space left on device")):
            self.assertRaises(OSError, Photo().take, image_file())
        self.assertEqual(stored(), set())
        self.assertTrue(files_of(make_photo()))

    def test_upload_after_a_crash_takes_the_same_file_again(self):
        Photo().take(image_file())  # and the machine stops before the row is saved
        before = stored()
        self.assertTrue(files_of(make_photo(image_file())))
        self.assertEqual(stored(), before)

    def test_same_file_at_once_is_stored_once(self):
        with ThreadPoolExecutor(3) as pool, patch("os.path.exists", return_value=False):
            photos = list(pool.map(lambda _: Photo(), range(3)))
            list(pool.map(lambda photo: photo.take(image_file()), photos))
        expected = {Path("public", path) for path in files_of(photos[0])}
        self.assertEqual(stored(), expected | {Path("originals", photos[0].original)})

    def test_deleted_photo_is_gone_for_readers_and_its_original_is_kept(self):
        photo, twin = make_photo(), make_photo()
        article = make_article(body=f'<figure data-photo="{photo.pk}"></figure>')
        address = photo.rendition("full", 480)
        with self.captureOnCommitCallbacks(execute=True):
            photo.delete()
        article.refresh_from_db()
        self.assertNotIn("<img", article.body_html)
        self.assertEqual(self.client.get(address).status_code, 200)  # the twin's too
        with self.captureOnCommitCallbacks(execute=True):
            twin.delete()
        self.assertEqual(self.client.get(address).status_code, 404)
        self.assertEqual(stored(), {Path("originals", photo.original)})

    def test_replaced_picture_is_gone_for_readers(self):
        photo = make_photo()
        before, original = photo.rendition("full", 480), photo.original
        with self.captureOnCommitCallbacks(execute=True):
            photo.take(image_file(colour=(200, 20, 20)))
            photo.save()
        self.assertEqual(self.client.get(before).status_code, 404)
        self.assertEqual(self.client.get(photo.rendition("full", 480)).status_code, 200)
        self.assertTrue(storages["originals"].exists(original))


class AdminTests(TestCase):
    def setUp(self):
        sign_in(self.client)

    def send(self, file, url=ADD, **changes):
        return change(self.client, url, file=file, alt="불 켜진 장터", caption="설명 각", **changes)

    def test_refusal_is_said_in_the_form_and_the_words_stay(self):
        for data in (b"<svg/>", image_file().read()[:2000], png(12_000, 12_000)):
            response = self.send(BytesIO(data))
            self.assertTrue(response.context["adminform"].form.errors["file"])
            self.assertContains(response, "불 켜진 장터")
            self.assertContains(response, "설명 각")
        self.assertFalse(Photo.objects.exists())

    def test_name_of_the_file_does_not_matter(self):
        for name in (unicodedata.normalize("NFD", "장터 사진.jpg"), "../../a.jpg", "a\0.svg"):
            file = image_file()
            file.name = name
            self.assertEqual(self.send(file).status_code, 302)
        self.assertEqual(Photo.objects.values("original").distinct().count(), 1)

    def test_full_disk_and_lost_original_are_said_in_the_form(self):
        with patch("os.fsync", side_effect=OSError(28, "No space left on device")):
            response = self.send(image_file())
        self.assertContains(response, "No space left")
        self.assertContains(response, "설명 각")
        photo = make_photo()
        os.unlink(storages["originals"].path(photo.original))
        url = f"/admin/articles/photo/{photo.pk}/change/"
        self.assertContains(self.send(None, url, focal_x=9), "설명 각")
        self.assertEqual(self.send(None, url).status_code, 302)

    def test_sign_before_the_credit_is_not_doubled(self):
        self.send(image_file(), credit="ⓒ 한도경")
        self.assertEqual(Photo.objects.get().credit, "한도경")

    def test_photos_deleted_through_the_list_are_gone_for_readers(self):
        photos = [make_photo(), make_photo(image_file(colour=(1, 2, 3)))]
        article = make_article(body=f'<figure data-photo="{photos[0].pk}"></figure>')
        data = {"action": "delete_selected", "post": "yes"}
        data["_selected_action"] = [photo.pk for photo in photos]
        with self.captureOnCommitCallbacks(execute=True):
            self.client.post("/admin/articles/photo/", data)
        article.refresh_from_db()
        self.assertNotIn("<img", article.body_html)
        self.assertEqual({path.parts[0] for path in stored()}, {"originals"})


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited as Linux does it")
def test_no_picture_costs_much_memory():
    """The largest that is taken, and larger ones: peak memory of the processes at work."""
    code = (
        "import resource, io, django; django.setup()\n"
        "from newsroom import pictures\n"
        "from benchmarks.pictures import png\n"
        "picture = pictures.read(io.BytesIO(png(7300, 5400)))\n"
        "for _ in pictures.renditions(picture, 'x' * 16, (0.5, 0.5), False): pass\n"
        "for colour in (3, 4, 6):\n"
        "    try: pictures.read(io.BytesIO(png(7300, 5400, colour=colour)))\n"
        "    except pictures.Refused: pass\n"
        "whose = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN\n"
        "print(max(resource.getrusage(who).ru_maxrss for who in whose) // 1024)\n"
    )
    # Through a small process: a new one begins with the peak of the one that starts it.
    start = "import subprocess, sys; sys.exit(subprocess.call([sys.executable, *sys.argv[1:]]))"
    command = [sys.executable, "-c", start, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 300, f"{done.stdout} MB"
