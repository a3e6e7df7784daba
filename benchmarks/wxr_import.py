"""Make a WordPress export of a given size, import it, and say what that took.

    .venv/bin/python benchmarks/wxr_import.py --megabytes 30 --posts 5000

The import runs in a process and a SQLite database of its own, both gone afterwards.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>시험 신문</title><wp:wxr_version>1.2</wp:wxr_version>
<wp:base_blog_url>https://old.example</wp:base_blog_url>
<wp:author><wp:author_login>hong</wp:author_login>
<wp:author_display_name>홍길동</wp:author_display_name></wp:author>
"""
SENTENCE = "장터 골목의 가로등이 다시 켜지자 주민들은 늦은 저녁까지 이야기를 나누었다. "


def item(number, size):
    """Return a post of about `size` bytes with three comments."""
    category = f"분야{number % 8}"
    paragraph = (
        f"<!-- wp:paragraph --><p>{SENTENCE * 5}<strong>강조</strong></p><!-- /wp:paragraph -->"
    )
    body = "\n\n".join([paragraph] * max(1, size // len(paragraph.encode())))
    comments = "".join(
        f"<wp:comment><wp:comment_id>{number * 3 + i}</wp:comment_id>"
        f"<wp:comment_author>독자{i}</wp:comment_author>"
        f"<wp:comment_author_email>r{i}@example.com</wp:comment_author_email>"
        "<wp:comment_date_gmt>2024-02-01 00:00:00</wp:comment_date_gmt>"
        f"<wp:comment_content>{SENTENCE}</wp:comment_content>"
        "<wp:comment_approved>1</wp:comment_approved>"
        f"<wp:comment_parent>{number * 3 + i - 1 if i else 0}</wp:comment_parent></wp:comment>"
        for i in range(3)
    )
    return (
        f"<item><title>기사 {number}</title><link>https://old.example/{number}/</link>"
        f"<dc:creator>hong</dc:creator><content:encoded><![CDATA[{body}]]></content:encoded>"
        f"<wp:post_id>{number}</wp:post_id><wp:status>publish</wp:status>"
        "<wp:post_date_gmt>2024-01-31 03:04:05</wp:post_date_gmt>"
        f'<wp:post_type>post</wp:post_type><category domain="category" nicename="c{number % 8}">'
        f'{category}</category><category domain="post_tag" nicename="t{number % 300}">'
        f"꼬리표{number % 300}</category>{comments}</item>\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=30, choices=range(1, 501), metavar="1–500")
    parser.add_argument("--posts", type=int, default=5000)
    parser.add_argument("--timeout", type=int, default=600, help="seconds")
    options = parser.parse_args()
    posts = max(1, min(options.posts, 100_000))
    size = max(400, options.megabytes * 2**20 // posts - 2200)
    with tempfile.TemporaryDirectory() as folder:
        export = Path(folder, "export.xml")
        with export.open("w", encoding="utf-8") as file:
            file.write(HEAD)
            file.writelines(item(number, size) for number in range(1, posts + 1))
            file.write("</channel></rss>\n")
        environment = {
            **os.environ,
            "SECRET_KEY": "benchmark",
            "DATABASE_URL": f"sqlite:///{folder}/site.db",
            "MEDIA_ROOT": f"{folder}/media",
        }
        manage = [sys.executable, str(ROOT / "manage.py")]
        subprocess.run([*manage, "migrate", "-v0"], env=environment, check=True)
        print(f"{export.stat().st_size / 2**20:.1f} MB, {posts} posts")
        for attempt in ("first import", "second import"):
            start = time.perf_counter()
            subprocess.run(
                [*manage, "import_wxr", str(export), "--no-media"],
                env=environment, check=True, timeout=options.timeout, stdout=subprocess.DEVNULL,
            )  # fmt: skip
            seconds = time.perf_counter() - start
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            print(f"{attempt}: {seconds:.1f} s, at most {peak:.0f} MB")


if __name__ == "__main__":
    main()
