"""What a picture costs: seconds of work and peak memory of each file, legal or hostile.

    python -m benchmarks.pictures             # all of them, a few minutes
    python -m benchmarks.pictures png avif    # those whose name holds one of these words

Every file is read and taken by a process of its own (Django loaded, as in a worker) with a
media folder that is thrown away. Seconds are the processor's, so that other work on the
machine does not count; memory is that of the larger process, the darkroom's or this one.
A line above the limits ends in `!`, and the command then fails.
"""

import argparse
import json
import os
import resource
import struct
import subprocess
import sys
import tempfile
import zlib
from io import BytesIO
from pathlib import Path

LIMIT_SECONDS, LIMIT_MB, TIMEOUT = 5, 300, 60
WHO = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)


def photo(width, height, mode="RGB"):
    """Return a picture with as much detail as a photograph has, of few kinds of bytes."""
    from PIL import Image

    bands = [
        Image.effect_noise((width // 6 + 1, height // 6 + 1), 60).resize((width, height), 0)
        for _band in Image.new(mode, (1, 1)).getbands()
    ]
    return Image.merge(mode, bands) if len(bands) > 1 else bands[0].convert(mode)


def saved(image, format, **options):
    file = BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def chunk(kind, data=b""):
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, between=b"", rows=None, bits=8, colour=2):
    """Return a PNG of one colour: a small file, as large as it says when decoded."""
    packer = zlib.compressobj(9)
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = b"\0" * (1 + width * channels * bits // 8)
    count = height if rows is None else rows
    data = b"".join(packer.compress(row) for _ in range(count)) + packer.flush()
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    palette = chunk(b"PLTE", bytes(768)) + chunk(b"tRNS", bytes(256)) if colour == 3 else b""
    body = header + palette + between + chunk(b"IDAT", data)
    return b"\x89PNG\r\n\x1a\n" + body + chunk(b"IEND")


def jpeg_of_scans(width, height, scans):
    """Return a progressive JPEG of a few bytes a scan; each is a walk over all its blocks."""

    def segment(marker, data):
        return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data

    blocks = -(-width // 8) * -(-height // 8)
    one_code = bytes([1] + [0] * 15)
    head = segment(0xDB, b"\0" + b"\1" * 64)
    head += segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
    head += segment(0xC4, b"\0" + one_code + b"\0") + segment(0xC4, b"\x10" + one_code + b"\xe0")
    first = segment(0xDA, b"\1\1\0\0\0\0") + bytes(-(-blocks // 8))
    runs = "".join("0" + "1" * 14 for _ in range(blocks // 32767 + 1))
    runs += "0" * (-len(runs) % 8)
    # A code of zeros and extra bits of ones: a run of 32767 blocks without a coefficient.
    data = int(runs, 2).to_bytes(len(runs) // 8, "big").replace(b"\xff", b"\xff\0")
    return (
        b"\xff\xd8" + head + first + (segment(0xDA, b"\1\1\0\1\x3f\0") + data) * scans + b"\xff\xd9"
    )


def icc(size):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return struct.pack(">I", size) + profile[4:] + bytes(size - len(profile))


def colour_profile(primaries, gamma):
    """Return an ICC profile of a screen with these red, green and blue (XYZ under D50)."""

    def xyz(values):
        return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(value * 65536) for value in values))

    white = (0.9642, 1, 0.8249)
    curve = b"curv" + bytes(4) + struct.pack(">IHH", 1, round(gamma * 256), 0)
    tags = {b"wtpt": xyz(white), b"cprt": b"text" + bytes(8)}
    tags[b"desc"] = b"desc" + bytes(4) + struct.pack(">I", 2) + b"x" + bytes(83)
    for letter, primary in zip(b"rgb", primaries, strict=True):
        tags[bytes([letter]) + b"XYZ"], tags[bytes([letter]) + b"TRC"] = xyz(primary), curve
    table, body = struct.pack(">I", len(tags)), b""
    for name, tag in tags.items():
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(tag))
        body += tag
    head = struct.pack(">I", 128 + len(table) + len(body)) + bytes(4)
    head += b"\2\x40\0\0mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28) + xyz(white)[8:]
    return head.ljust(128, b"\0") + table + body


def with_exif(file, data):
    """Return the JPEG `file` as a file with `data` for its EXIF."""
    plain, body = file.read(), b"Exif\0\0" + data
    return BytesIO(plain[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + plain[2:])


def exif_jpeg(data):
    return with_exif(BytesIO(saved(photo(800, 600), "JPEG")), data).getvalue()


def moving(format):
    frames = [photo(300, 200) for _ in range(3)]
    return saved(frames[0], format, save_all=True, append_images=frames[1:])


def with_gps():
    from PIL import Image

    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    return saved(photo(800, 600), "JPEG", exif=exif)


def polyglot():
    import zipfile

    file = BytesIO(saved(photo(800, 600), "JPEG"))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("evil.html", "<script>alert(1)</script>")
    return file.getvalue()


WIDE, HIGH = 7300, 5400  # 39.4 megapixels
FILES = {
    "jpeg 39 MP": lambda: saved(photo(WIDE, HIGH), "JPEG", quality=80),
    "jpeg 39 MP 4:4:4": lambda: saved(photo(WIDE, HIGH), "JPEG", quality=70, subsampling=0),
    "jpeg 23 MP, no smaller decode": lambda: saved(photo(4790, 4790), "JPEG", quality=70),
    "jpeg 39 MP panorama": lambda: saved(photo(16400, 2399), "JPEG", quality=70),
    "jpeg 39 MP progressive": lambda: saved(photo(WIDE, HIGH), "JPEG", progressive=True),
    "jpeg 39 MP progressive 4:4:4": lambda: saved(
        photo(WIDE, HIGH), "JPEG", quality=60, progressive=True, subsampling=0
    ),
    "jpeg 39 MP cmyk": lambda: saved(photo(WIDE, HIGH, "CMYK"), "JPEG", quality=30),
    "jpeg 39 MP cmyk progressive": lambda: saved(
        photo(WIDE, HIGH, "CMYK"), "JPEG", quality=30, progressive=True
    ),
    "jpeg 48 MP": lambda: saved(photo(8000, 6000), "JPEG", quality=80),
    "jpeg 48 MP progressive": lambda: saved(photo(8000, 6000), "JPEG", progressive=True),
    "jpeg 64 MP": lambda: saved(photo(9248, 6936), "JPEG", quality=70),
    "jpeg 64 MP 1000 scans": lambda: jpeg_of_scans(9248, 6936, 1000),
    "jpeg 4 MP": lambda: saved(photo(2400, 1600), "JPEG"),
    "jpeg square 2400": lambda: saved(photo(2400, 2400), "JPEG"),
    "jpeg 39 MP 5000 scans": lambda: jpeg_of_scans(WIDE, HIGH, 5000),
    "jpeg 1 MP 50000 scans": lambda: jpeg_of_scans(1000, 1000, 50_000),
    "jpeg 39 MP 8 scans": lambda: jpeg_of_scans(WIDE, HIGH, 8),
    "jpeg truncated": lambda: saved(photo(2000, 1500), "JPEG")[:200_000],
    "jpeg 7 million empty segments": lambda: b"\xff\xd8" + b"\xff\xfe\0\2" * 7_000_000,
    "jpeg giant icc": lambda: saved(photo(800, 600), "JPEG", icc_profile=icc(16_000_000)),
    "jpeg xmp bomb": lambda: saved(
        photo(800, 600), "JPEG", xmp=b'<x tiff:Orientation="' + b"<a>" * 21_000
    ),
    "jpeg broken exif": lambda: exif_jpeg(b"MM\0\x2a\0\0\xff\xff" + b"\xff" * 99),
    "jpeg exif loop": lambda: exif_jpeg(
        b"II\x2a\0\x08\0\0\0\1\0\x69\x87\4\0\1\0\0\0\x08\0\0\0\x08\0\0\0"
    ),
    "jpeg exif huge counts": lambda: exif_jpeg(
        b"II\x2a\0\x08\0\0\0\xff\xff" + b"\x0f\1\2\0\xff\xff\xff\x7f\0\0\0\0" * 5000
    ),
    "jpeg gps": with_gps,
    "jpeg + zip": polyglot,
    "jpeg mpo": lambda: moving("MPO"),
    "png 12000×12000": lambda: png(12_000, 12_000),
    "png 12000×12000 grey": lambda: png(12_000, 12_000, colour=0),
    "png header 50000×50000": lambda: png(50_000, 50_000, rows=9),
    "png 39 MP": lambda: saved(photo(WIDE, HIGH), "PNG", compress_level=6),
    "png 39 MP flat": lambda: png(WIDE, HIGH),
    "png 39 MP alpha": lambda: png(WIDE, HIGH, colour=6),
    "png 39 MP grey+alpha": lambda: png(WIDE, HIGH, colour=4),
    "png 39 MP palette": lambda: png(WIDE, HIGH, colour=3),
    "png 39 MP 16 bit": lambda: png(WIDE, HIGH, bits=16),
    "png 39 MP 16 bit grey": lambda: png(WIDE, HIGH, bits=16, colour=0),
    "png 24 MP": lambda: saved(photo(6000, 4000), "PNG", compress_level=6),
    "png 24 MP alpha": lambda: png(6000, 4000, colour=6),
    "png 24 MP palette": lambda: png(6000, 4000, colour=3),
    "png 24 MP 16 bit grey": lambda: png(6000, 4000, bits=16, colour=0),
    "png 2 million chunks": lambda: png(900, 600, between=chunk(b"teSt") * 2_400_000),
    "png text bomb": lambda: png(
        900, 600, between=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(2**20 - 9))) * 2000
    ),
    "png icc bomb": lambda: png(
        900, 600, between=chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(2**28)))
    ),
    "webp 39 MP": lambda: saved(photo(WIDE, HIGH), "WEBP", quality=50, method=0),
    "webp 24 MP": lambda: saved(photo(6000, 4000), "WEBP", quality=50, method=0),
    "webp 24 MP lossless": lambda: saved(photo(6000, 4000), "WEBP", lossless=True, method=0),
    "webp 12 MP": lambda: saved(photo(4000, 3000), "WEBP", quality=50, method=0),
    "webp 12 MP alpha": lambda: saved(photo(4000, 3000, "RGBA"), "WEBP", quality=50, method=0),
    "avif 39 MP": lambda: saved(photo(WIDE, HIGH), "AVIF", quality=50, speed=10),
    "avif 24 MP": lambda: saved(photo(6000, 4000), "AVIF", quality=50, speed=10),
    "avif 24 MP 4:4:4": lambda: saved(
        photo(6000, 4000), "AVIF", quality=90, speed=10, subsampling="4:4:4"
    ),
    "avif 12 MP": lambda: saved(photo(4000, 3000), "AVIF", quality=90, speed=10),
    "avif 12 MP alpha": lambda: saved(
        photo(4000, 3000, "RGBA"), "AVIF", quality=90, speed=10, subsampling="4:4:4"
    ),
    "gif 39 MP": lambda: saved(photo(WIDE, HIGH, "L").convert("P"), "GIF"),
    "gif 24 MP": lambda: saved(photo(6000, 4000, "L").convert("P"), "GIF"),
    "gif 7 million blocks": lambda: (
        saved(photo(99, 99, "L"), "GIF")[:-1] + b"!\xfe\1a\0" * 6_000_000
    ),
    "gif animated": lambda: moving("GIF"),
    "webp animated": lambda: moving("WEBP"),
    "png animated": lambda: moving("PNG"),
    "avif animated": lambda: moving("AVIF"),
    "svg": lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
    "empty": lambda: b"",
    "noise 29 MB": lambda: os.urandom(29 * 2**20),
    "1×1": lambda: saved(photo(1, 1), "PNG"),
    "1×20000": lambda: saved(photo(1, 20_000), "PNG"),
    "20000×1": lambda: saved(photo(20_000, 1), "PNG"),
}


def make(name, path):
    path.write_bytes(FILES[name]())


def measure(path):
    """Read and take one file in this process; print what came of it and what it cost."""
    from benchmarks import scratch  # noqa: F401 - first: it chooses the folder of media

    # isort: split
    from articles.models import Photo
    from newsroom import pictures

    def cost(function):
        start = sum(os.times()[:4])
        try:
            function()
            result = "taken"
        except pictures.Refused as refusal:
            result = str(refusal)
        seconds = sum(os.times()[:4]) - start
        used = [resource.getrusage(who).ru_maxrss for who in WHO]
        return result, seconds, max(used) / 1024

    with path.open("rb") as file:
        read = cost(lambda: pictures.read(file))
        file.seek(0)
        take = cost(lambda: Photo(is_ai_generated=True).take(file))
    print(json.dumps([read[1:], take[1:], take[0]]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only files whose name holds one of these")
    parser.add_argument("--make", metavar="NAME", help=argparse.SUPPRESS)
    parser.add_argument("--measure", type=Path, metavar="FILE", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        return make(options.make, Path(options.words[0]))
    if options.measure:
        return measure(options.measure)
    print(f"{'file':32} {'MB':>5} {'read s':>7} {'MB':>4} {'take s':>7} {'MB':>4}")
    names = [
        name for name in FILES if not options.words or any(word in name for word in options.words)
    ]
    return 1 if sum(not is_cheap(name) for name in names) else 0


def is_cheap(name):
    """Make, read and take the file of that name; print its line, return whether it holds."""
    this = [sys.executable, "-m", "benchmarks.pictures"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        subprocess.run([*this, "--make", name, str(path)], check=True, timeout=TIMEOUT)
        start = f"{name:32} {path.stat().st_size / 2**20:5.1f}"
        try:
            done = subprocess.run(
                [*this, "--measure", str(path)],
                stdout=subprocess.PIPE, text=True, check=True, timeout=TIMEOUT,
            )  # fmt: skip
        except subprocess.SubprocessError as error:
            print(f"{start} {error} !", flush=True)
            return False
    read, take, result = json.loads(done.stdout)
    holds = max(read[0], take[0]) <= LIMIT_SECONDS and max(read[1], take[1]) <= LIMIT_MB
    costs = " ".join(f"{seconds:7.2f} {memory:4.0f}" for seconds, memory in (read, take))
    print(f"{start} {costs}  {result[:60]}{'' if holds else ' !'}", flush=True)
    return holds


if __name__ == "__main__":
    sys.exit(main())
