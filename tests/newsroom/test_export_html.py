"""The paper as files: all that readers see, nothing else, and no link that leads nowhere."""

from io import StringIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from django.core.management import CommandError, call_command
from django.utils import timezone, translation

from articles.models import Page, Series
from newsroom.paging import PAGE_SIZE
from tests.factories import make_article, make_author, make_comment, make_photo, make_section

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def static_files(settings):
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture
def paper():
    """A paper with every kind of page, and with what nobody may see."""
    section = make_section("사회")
    author, photo = make_author(), make_photo()
    series = Series.objects.create(title="막차", slug="막차")
    Page.objects.create(title="신문 소개", slug="about", body="<p>두물머리.</p>", is_in_footer=True)
    Page.objects.create(title="몰래", slug="hidden", body="<p>비밀.</p>", is_published=False)
    lead = make_article(
        "긴 제목 " * 40,
        tags=["장터"],
        authors=[author],
        section=section,
        series=series,
        hero=photo,
    )
    for number in range(PAGE_SIZE + 2):
        make_article(f"소식 {number}", section=section, hours_ago=30 + number)
    body = (
        f'<p><a href="{lead.get_absolute_url()}">앞 기사</a>와 <a href="/search/?q=a">검색</a></p>'
    )
    make_article("이어지는 소식", section=section, body=body)
    make_article("아직 쓰는 중", state="draft", published_at=None)
    make_article("내일 나올 것", hours_ago=-24)
    make_article("거둔 기사", state="withdrawn", withdrawn_at=timezone.now())
    first = make_comment(lead, "좋은 글입니다.", email="reader@example.com")
    parent = first
    for number in range(8):
        parent = make_comment(lead, f"{number}번째 답", parent=parent)
    make_comment(lead, "아직 못 볼 댓글", state="pending")
    return lead


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "out" / "html"


def export(folder):
    out = StringIO()
    folder.parent.mkdir(exist_ok=True)
    with translation.override("en"):
        call_command("export_wxr", folder.parent / "paper.xml", html=folder, stdout=out)
    return out.getvalue()


def pages(folder):
    """Return {file: its HTML}."""
    return {path: path.read_text() for path in folder.rglob("*.html")}


def links(html):
    for element in BeautifulSoup(html, "html.parser").select("[href], [src], [srcset]"):
        for name in ("href", "src"):
            if element.get(name):
                yield element[name]
        for source in element.get("srcset", "").split(","):
            yield from source.split()[:1]


class TestHtml:
    def test_everything_public_is_there(self, paper, folder):
        said, found = export(folder), pages(folder)
        assert f"Written as HTML: {len(found)} pages." in said
        text = "\n".join(found.values())
        for what in ("소식 0", f"소식 {PAGE_SIZE + 1}", "이어지는 소식", "두물머리.", "7번째 답"):
            assert what in text
        article = (folder / "articles" / str(paper.pk) / "index.html").read_text()
        assert paper.headline in article
        assert "좋은 글입니다." in article
        places = ("sections/사회", "tags/장터", "series/막차", "authors/한도경", "pages/about")
        for place in (".", "archive", "corrections", "popular", *places):
            assert (folder / place / "index.html").is_file(), place
        assert list((folder / "sections" / "사회").glob("index-page-2*"))
        assert list((folder / "media").rglob("*.jpg"))
        assert list((folder / "static").rglob("*.css"))

    def test_no_link_is_dead_and_none_needs_a_server(self, paper, folder):
        export(folder)
        checked = set()
        for path, html in pages(folder).items():
            assert "<script" not in html
            assert "<form" not in html
            for link in links(html):
                parts = urlsplit(link)
                if parts.scheme or not parts.path:
                    continue
                assert not parts.query
                assert not parts.path.startswith("/"), f"{path}: {link}"
                target = path.parent / unquote(parts.path)
                assert target.is_file(), f"{path}: {link}"
                assert folder in target.resolve().parents
                checked.add(target.resolve())
        assert len(checked) > PAGE_SIZE

    def test_nothing_that_readers_cannot_see(self, paper, folder):
        export(folder)
        data = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        for secret in (
            "아직 쓰는 중",
            "내일 나올 것",
            "거둔 기사",
            "비밀.",
            "아직 못 볼 댓글",
            "reader@",
        ):
            assert secret.encode() not in data, secret
        assert not list(folder.rglob("*originals*"))

    def test_folder_that_holds_something_is_refused(self, paper, folder):
        folder.mkdir(parents=True)
        (folder / "mine.txt").write_text("mine")
        with pytest.raises(CommandError, match="is not empty"):
            export(folder)
        assert [path.name for path in folder.parent.iterdir()] == ["html"]
        (folder / "mine.txt").unlink()
        export(folder)
        assert (Path(folder) / "index.html").is_file()
