"""Make a WordPress export of a given size, import it, export it again, say what that took.

    .venv/bin/python benchmarks/wxr_import.py --megabytes 30 --posts 5000 --pictures 20

The import runs in a process and a database of its own, on SQLite both gone afterwards.
With `--database postgres://…` (an empty one) it runs there, and leaves its rows.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import quote

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>시험 신문</title><wp:wxr_version>1.2</wp:wxr_version>
<wp:base_blog_url>https://old.example</wp:base_blog_url>
"""
UPLOADS = "https://old.example/wp-content/uploads/2024/02"
SENTENCE = "장터 골목의 가로등이 다시 켜지자 주민들은 늦은 저녁까지 이야기를 나누었다. "
COMMENTS = 4  # each answers the one before


def cdata(text):
    return f"<![CDATA[{text}]]>"


def head():
    """Return the start of the file: twelve authors, eight sections with two parts each."""
    authors = (
        f"<wp:author><wp:author_login>w{n}</wp:author_login>"
        f"<wp:author_display_name>기자{n}</wp:author_display_name></wp:author>\n"
        for n in range(12)
    )
    categories = (
        f"<wp:category><wp:category_nicename>c{n}</wp:category_nicename><wp:category_parent>"
        f"{f'c{n % 8}' if n >= 8 else ''}</wp:category_parent><wp:cat_name>분야{n}</wp:cat_name>"
        "</wp:category>\n"
        for n in range(24)
    )
    return HEAD + "".join(authors) + "".join(categories)


def meta(key, value):
    pair = f"<wp:meta_key>{key}</wp:meta_key><wp:meta_value>{cdata(value)}</wp:meta_value>"
    return f"<wp:postmeta>{pair}</wp:postmeta>"


def body(number, size, pictures):
    """Return a text of about `size` bytes, every third one as the classic editor wrote it."""
    picture = f"{UPLOADS}/{number % max(1, pictures)}"
    if number % 3 == 0:
        paragraph = f"{SENTENCE * 3}<strong>강조</strong> {SENTENCE}\n{SENTENCE}"
        parts = [
            f'[caption width="300"]<img src="{picture}-300x200.jpg" /> 설명[/caption]',
            *("<h2>둘째</h2>", "[su_box]상자[/su_box]", "https://youtu.be/abcdefghijk"),
        ]
    else:
        paragraph = (
            f"<!-- wp:paragraph -->\n<p>{SENTENCE * 4}<a href='https://old.example/{number - 1}/'>"
            f"지난 기사</a></p>\n<!-- /wp:paragraph -->"
        )
        parts = [
            f'<!-- wp:image --><figure class="wp-block-image"><img src="{picture}-1024x683.jpg" '
            'alt="골목"/><figcaption>설명</figcaption></figure><!-- /wp:image -->',
            "<!-- wp:list --><ul><li>하나</li><li>둘</li></ul><!-- /wp:list -->",
        ]
    return "\n\n".join([*parts, *[paragraph] * (1 + size // len(paragraph.encode()))])


def comment(number, parent):
    return (
        f"<wp:comment><wp:comment_id>{number}</wp:comment_id>"
        f"<wp:comment_author>{cdata(f'독자{number}')}</wp:comment_author>"
        f"<wp:comment_author_email>r{number}@example.com</wp:comment_author_email>"
        "<wp:comment_date_gmt>2024-02-01 00:00:00</wp:comment_date_gmt>"
        f"<wp:comment_content>{cdata(SENTENCE * 2)}</wp:comment_content>"
        f"<wp:comment_approved>1</wp:comment_approved><wp:comment_parent>{parent}"
        "</wp:comment_parent></wp:comment>\n"
    )


def item(number, size, pictures):
    """Return a post with a section, a deeper category, two tags and a thread."""
    first = number * COMMENTS
    comments = [comment(n, n - 1 if n > first else 0) for n in range(first, first + COMMENTS)]
    terms = [("category", f"c{number % 24}", f"분야{number % 24}")]
    terms += [("post_tag", f"t{n % 900}", f"꼬리표{n % 900}") for n in (number, number * 7)]
    categories = (
        f'<category domain="{domain}" nicename="{slug}">{cdata(name)}</category>'
        for domain, slug, name in terms
    )
    slug = quote(f"장터-가로등-{number}").lower()
    return (
        f"<item><title>{cdata(f'장터 골목에 다시 켜진 가로등 {number}')}</title>"
        f"<link>https://old.example/2024/02/{slug}/</link><dc:creator>w{number % 12}</dc:creator>"
        f"<content:encoded>{cdata(body(number, size, pictures))}</content:encoded>"
        f"<wp:post_id>{number}</wp:post_id><wp:post_name>{slug}</wp:post_name>"
        "<wp:status>publish</wp:status><wp:post_date_gmt>2024-01-31 03:04:05</wp:post_date_gmt>"
        f"<wp:post_type>post</wp:post_type>{''.join(categories)}{meta('_edit_last', '1')}"
        f"{meta('_yoast_wpseo_content_score', '90')}{''.join(comments)}</item>\n"
    )


def attachment(number, posts):
    return (
        f"<item><title>사진 {number}</title><wp:post_id>{posts + 1 + number}</wp:post_id>"
        f"<wp:post_type>attachment</wp:post_type><wp:attachment_url>{UPLOADS}/{number}.jpg"
        "</wp:attachment_url></item>\n"
    )


def write_export(path, megabytes, posts, pictures):
    """Write an export of about that size; what is not text of articles is measured first."""
    sample = [item(number, 0, pictures) for number in range(1, 4)]
    size = max(400, megabytes * 2**20 // posts - len("".join(sample).encode()) // 3)
    with path.open("w", encoding="utf-8") as file:
        file.write(head())
        file.writelines(item(number, size, pictures) for number in range(1, posts + 1))
        file.writelines(attachment(number, posts) for number in range(pictures))
        file.write("</channel></rss>\n")


def write_pictures(folder, pictures):
    """Draw photographs of 12 megapixels, hard to compress."""
    folder.mkdir(parents=True)
    for number in range(pictures):
        noise = Image.effect_noise((1000, 750), 40 + number % 50).resize((4000, 3000))
        noise.convert("RGB").save(folder / f"{number}.jpg", quality=90)


def measure(label, command, environment, timeout):
    """Run a command and say what it took; stop where it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
    alarm = threading.Timer(timeout, process.kill)
    alarm.start()
    _pid, status, usage = os.wait4(process.pid, 0)  # of this process alone
    alarm.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{label}: ended with {process.returncode}")
    seconds, peak = time.perf_counter() - start, usage.ru_maxrss / 1024
    print(f"{label}: {seconds:.1f} s ({usage.ru_utime:.1f} s of work), at most {peak:.0f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=30, choices=range(1, 501), metavar="1–500")
    parser.add_argument("--posts", type=int, default=5000)
    parser.add_argument("--pictures", type=int, default=0, help="of 12 megapixels each")
    parser.add_argument("--database", help="DATABASE_URL of an empty database")
    parser.add_argument("--timeout", type=int, default=1200, help="seconds")
    options = parser.parse_args()
    posts = max(1, min(options.posts, 100_000))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export, uploads = folder / "export.xml", folder / "uploads"
        write_export(export, options.megabytes, posts, options.pictures)
        write_pictures(uploads / "2024/02", options.pictures)
        environment = {
            **os.environ,
            "SECRET_KEY": "benchmark",
            "DATABASE_URL": options.database or f"sqlite:///{folder}/site.db",
            "MEDIA_ROOT": f"{folder}/media",
        }
        manage = [sys.executable, str(ROOT / "manage.py")]
        subprocess.run([*manage, "migrate", "-v0"], env=environment, check=True)
        megabytes = export.stat().st_size / 2**20
        print(f"{megabytes:.1f} MB, {posts} posts, {options.pictures} pictures")
        into = [*manage, "import_wxr", str(export), "--media", str(uploads)]
        for attempt in ("first import", "second import"):
            measure(attempt, into, environment, options.timeout)
        written = folder / "written.xml"
        measure("export", [*manage, "export_wxr", str(written)], environment, options.timeout)
        print(f"{written.stat().st_size / 2**20:.1f} MB written")


if __name__ == "__main__":
    main()
