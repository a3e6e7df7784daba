"""Every kind of page that a reader can meet, on a paper that has everything and the odd."""

from datetime import timedelta

from django.test import RequestFactory
from django.utils import timezone

from articles.models import Correction, Page, Series
from comments.guests import owner_token
from newsroom.models import Masthead
from newsroom.views import server_error
from tests.factories import (
    image_file,
    make_article,
    make_author,
    make_comment,
    make_photo,
    make_section,
)

LONG_WORD = "가나다라마바사아자차카타파하" * 12
LONG_ADDRESS = "https://example.com/" + "a-very-long-path/" * 20
ODD = f"🎆 שלום {LONG_WORD[:60]}"
TABLE = (
    "<table><caption>달마다 모인 사람</caption><thead><tr>{head}</tr></thead>"
    "<tbody><tr>{row}</tr></tbody></table>"
)
WIDE_TABLE = TABLE.format(
    head="".join(f'<th scope="col">{n}월의 저녁 장터</th>' for n in range(1, 13)),
    row="".join(f"<td>{n}만 2,345명</td>" for n in range(1, 13)),
)


def make_everything():
    """Fill the paper; return ({name: (address, status)} of its pages, the fullest article)."""
    Masthead(
        pk=1,
        title="미르내신문",
        tagline="강가의 소식",
        description="미르내군의 지역신문",
        registration_number="가온 아00000",
        registered_on=timezone.localdate(),
        publisher="주은결",
        editor="윤서하",
        youth_protection_officer="배수련",
        email="desk@example.com",
        phone="055-000-0123",
        copyright_notice="ⓒ 미르내신문",
    ).save()
    for slug in ("about", "privacy", "ethics", "tips"):
        Page.objects.create(slug=slug, title=slug, body=f"<p>적게 모읍니다.</p>{WIDE_TABLE}")
    section = make_section("사회", description="마을에서 일어난 일")
    for number in range(9):
        make_section(f"분야 {number}")
    odd_section = make_section(LONG_WORD[:40], slug="odd", description=ODD)
    make_section("빈 분야", slug="empty")
    photo = make_photo(image_file(1600, 1067), caption="다시 켜진 등", credit="미르내신문")
    made = make_photo(image_file(900, 1400), is_ai_generated=True, caption="상상도")
    author = make_author(
        portrait=photo, bio="골목을 다닙니다.", email="han.dokyeong.reporter@example.com"
    )
    second = make_author("류가온", role="자료·데이터 기자", portrait=photo, email="r@example.com")
    odd_author = make_author(LONG_WORD[:60], slug="odd", role=LONG_WORD[:60], bio=ODD)
    make_author("새내기", slug="new")
    series = Series.objects.create(title="막차가 사라진 마을", description="세 번에 나눠 싣는다.")
    for number in range(24):
        make_article(section=section, authors=[author], tags=["장터"], hero=photo, hours_ago=number)
    make_article("첫 번째", section=section, series=series, series_position=1, hours_ago=50)
    full = make_article(
        "불 꺼진 장터에 다시 등을 단 사람들, 상인회와 주민이 함께 쓴 겨울 장부",
        subtitle="점포 스물두 곳이 난방비를 나눴다",
        lead="미르내 장터에 다시 등이 켜졌다.",
        body="<p>저녁 여섯 시면 셔터가 <strong>내려갔다</strong>.</p><h2>미리 적은 약속</h2>"
        f"{WIDE_TABLE}<h3>말</h3><blockquote><p>“누가 올지 아는 저녁은 다릅니다.”</p>"
        "<cite>상인회장</cite></blockquote><ul><li>하나</li><li>둘</li></ul><hr>"
        '<figure data-embed="https://youtu.be/abcdefghijk"><figcaption>영상</figcaption></figure>'
        '<figure data-embed="https://example.com/post/1"></figure>'
        f'<figure data-photo="{photo.pk}"><figcaption>장부</figcaption></figure>'
        f'<figure data-photo="{made.pk}"></figure>'
        '<ol start="3"><li>셋</li></ol><pre><code>1 + 1</code></pre>'
        '<p><a href="https://example.com/">밖</a> <a href="/pages/about/">안</a></p>',
        section=section,
        series=series,
        series_position=2,
        authors=[author, second],
        tags=["장터", "나눔"],
        hero=made,
        ai_assistance="제목 후보를 AI로 뽑고 기자가 골랐습니다.",
        revised_at=timezone.now(),
        hours_ago=0.1,
    )
    Correction.objects.create(article=full, text="스물두 곳으로 바로잡습니다.\n\n끝.")
    Correction.objects.create(article=full, kind="rebuttal", text=ODD + LONG_ADDRESS)
    parent = None
    for number in range(40):
        parent = make_comment(full, parent=parent if number % 8 else None)
    hidden = make_comment(full, "감춘 말")
    make_comment(full, "남은 말", parent=hidden)
    make_comment(full, f"> {ODD}\n{LONG_WORD} {LONG_ADDRESS}", author_name=LONG_WORD[:30])
    odd = make_article(
        (LONG_WORD + LONG_WORD)[:290] + " 🎆 שלום",
        subtitle=LONG_WORD,
        lead=ODD * 3,
        body=f"<h2>{LONG_WORD}</h2><p>{LONG_ADDRESS} שלום {LONG_WORD}</p><pre>{LONG_WORD}</pre>"
        f"<ul><li>{LONG_WORD}</li></ul><blockquote>{LONG_WORD}</blockquote>{WIDE_TABLE}"
        f'<figure data-embed="https://{"sub." * 30}example.com/"></figure>',
        section=odd_section,
        authors=[odd_author, author, second],
        tags=[LONG_WORD[:60], "장터"],
        hero=photo,
        hero_caption=LONG_WORD * 2,
        hours_ago=0.2,
    )
    make_comment(odd, LONG_WORD, author_name=LONG_WORD[:30])
    bare = make_article(body="", hours_ago=0.3)
    gone = make_article(
        state="withdrawn", withdrawn_at=timezone.now(), withdrawal_reason="취재원 보호"
    )
    comment = full.comments.filter(depth=2).first()
    pending = make_comment(full, "기다리는 말", state="pending")
    refused = make_comment(full, "거절된 말", state="rejected")
    month = timezone.localtime(timezone.now() - timedelta(hours=2))
    pages = {
        "front": "/",
        "article": full.get_absolute_url(),
        "article, bare": bare.get_absolute_url(),
        "article, odd": odd.get_absolute_url(),
        "section": section.get_absolute_url(),
        "section, page 2": section.get_absolute_url() + "?page=2",
        "section, odd": odd_section.get_absolute_url(),
        "section, empty": "/sections/empty/",
        "tag": "/tags/장터/",
        "author": author.get_absolute_url(),
        "author, odd": odd_author.get_absolute_url(),
        "author, empty": "/authors/new/",
        "series": series.get_absolute_url(),
        "archive": "/archive/",
        "month": f"/archive/{month.year}/{month.month}/",
        "search": "/search/",
        "search, found": "/search/?q=장터",
        "search, nothing": f"/search/?q={LONG_WORD[:90]}",
        "search, refused": "/search/?q=장터&section=없는",
        "popular": "/popular/",
        "saved": "/saved/",
        "corrections": "/corrections/",
        "page": "/pages/privacy/",
        "comment": comment.get_absolute_url(),
        "thread": f"/articles/{full.pk}/comments/",
        "reply": f"/articles/{full.pk}/comments/?reply_to={comment.pk}",
        "status, pending": status_of(pending),
        "status, shown": status_of(comment),
        "status, refused": status_of(refused),
    }
    found = {name: (address, 200) for name, address in pages.items()}
    found["404"] = ("/없는-주소/", 404)
    found["404, page"] = ("/sections/사회/?page=99", 404)
    found["410"] = (gone.get_absolute_url(), 410)
    return found, full


def status_of(comment):
    """The mailed link of a comment's writer, which leads on to the page of that comment."""
    return f"/comments/{comment.pk}/mine/{owner_token(comment)}/"


def unaddressed(client, article):
    """Return {name: (answer, status)} of pages that come without an address of their own."""
    address = f"/articles/{article.pk}/comments/"
    return {
        "form with errors": (client.post(address, {"text": "글만 썼다", "email": "x"}), 422),
        "403": (client.post(address, {}, headers={"sec-fetch-site": "cross-site"}), 403),
        "400": (client.get("/", headers={"host": "evil.example"}), 400),
        "500": (server_error(RequestFactory().get("/")), 500),
    }
