"""A paper after many years, for benchmarks: a hundred thousand articles, a million comments.

`fill()` goes on where it was broken off: each part is one transaction, or counts what is there.
"""

from datetime import timedelta

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone
from tqdm import tqdm

from articles import revisions
from articles.models import (
    Article,
    Byline,
    Correction,
    Note,
    OldAddress,
    Page,
    Photo,
    Placement,
    PreviewLink,
    ReadScore,
    Revision,
    Series,
    Tag,
    TaggedArticle,
    Writing,
)
from articles.reads import HALF_LIVES, faded
from authors.models import AccessEvent, Author, User
from benchmarks import pages, scratch, threads
from benchmarks.pages import SENTENCES
from comments.models import (
    Ban,
    Comment,
    Contact,
    ModerationEvent,
    RefusalReason,
    Word,
)
from tests.factories import make_account

ROLES = ("reporter", "editor", "moderator", "publisher")
CHUNK = 5000
THREAD = 1000  # comments on each of the latest articles; one has ten times as many
OLDEST = timedelta(days=4000)

# Rows that are made of others in the database itself: a million of them in seconds.
CONTACTS = """
INSERT INTO comments_contact (comment_id, email, source, fingerprint, notify, created_at)
SELECT id, 'reader' || (id % 50000) || '@example.com', 's' || (id % 100000), 'f' || id, '',
created_at FROM comments_comment
"""
SIGNALS = """
INSERT INTO comments_signal (comment_id, rule, found, created_at)
SELECT id, CASE WHEN id % 3 = 0 THEN 'first' ELSE 'word' END, '', created_at
FROM comments_comment WHERE state IN ('pending', 'rejected', 'spam')
"""
REPORTS = """
INSERT INTO comments_report (comment_id, source, reason, note, email, created_at)
SELECT id, 'source', 'abuse', '', '', created_at FROM comments_comment WHERE report_count > 0
"""


def fill(articles, comments=None, short=False):
    """Fill the database until it holds `articles`, a fifth of photos, `comments` (ten times).

    Texts have some 1,000 characters, or half as many if they are to be `short`.
    """
    people(articles)
    photos(articles)
    stories(articles, short)
    places(articles)
    desk(articles)
    conversation(comments or articles * 10)
    for part in (moderation, records, readings):
        part(articles)
    scratch.analyze()


def bulk(model, rows):
    model.objects.bulk_create(rows, batch_size=1000, ignore_conflicts=True)


@transaction.atomic
def people(articles):
    """An account of each role, two hundred others, and who signs."""
    if User.objects.exists():
        return
    make_account("superuser", is_superuser=True)
    accounts = [make_account(role, role) for role in ROLES]
    bulk(User, [User(username=f"account{n}", is_staff=n < 40) for n in range(200)])
    bulk(
        Author,
        [
            Author(
                name=f"기자 {n}",
                slug=f"a{n}",
                role="기자",
                is_active=n < 40,
                user=accounts[0] if n == 0 else None,
            )
            for n in range(200)
        ],
    )


def photos(articles):
    """The library. The oldest tenth of it is used nowhere."""
    now = timezone.now()
    for start in range(Photo.objects.count(), articles // 5, CHUNK):
        bulk(
            Photo,
            [
                Photo(
                    digest=f"{n:064x}",
                    version=f"{n:016x}",
                    width=1600,
                    height=1067,
                    colour="#336655",
                    alt="" if n % 40 == 1 else f"{SENTENCES[n % 5][:20]} {n}",
                    caption=SENTENCES[n % 3],
                    credit="" if n % 40 == 2 else "미르내신문",
                    licence_ends_on=now.date() if n % 100 == 3 else None,
                    is_ai_generated=n % 50 == 4,
                    created_at=now - OLDEST + timedelta(hours=n),
                )
                for n in range(start, min(start + CHUNK, articles // 5))
            ],
        )


def stories(articles, short):
    """Articles in every state, each where its primary key puts it."""
    used = list(Photo.objects.order_by("pk")[Photo.objects.count() // 10 :])
    begun = Article.objects.count()
    for start in tqdm(range(begun, articles, CHUNK), leave=False):
        pages.fill(min(start + CHUNK, articles), start, used, paragraphs=3 if short else 6)
    if begun < articles:
        vary(articles)


@transaction.atomic
def vary(articles):
    now = timezone.now()
    reporter = User.objects.get(username="reporter")
    accounts = list(User.objects.filter(is_staff=True)[:20])
    rows = Article.objects.annotate(turn=F("pk") % 1000)
    rows.update(updated_at=F("published_at"), lead=SENTENCES[1], subtitle=SENTENCES[2])
    for n, account in enumerate(accounts):
        rows.filter(turn__gte=n * 50, turn__lt=n * 50 + 50).update(
            responsible=account, created_by=account
        )
    rows.filter(turn__lt=20).update(state="draft", published_at=None, created_by=reporter)
    rows.filter(turn__in=(20, 21)).update(state="review", published_at=None)
    rows.filter(turn=22).update(published_at=now + timedelta(days=1))
    rows.filter(turn__gte=23, turn__lt=28).update(state="withdrawn", withdrawn_at=now)
    for model, key in ((Byline, "article"), (TaggedArticle, "content_object")):
        times = Article.objects.filter(pk=OuterRef(key)).values("published_at")
        model.objects.update(published_at=Subquery(times))


@transaction.atomic
def places(articles):
    """Series, tags, standing pages, the front page, and the addresses of the former site."""
    if OldAddress.objects.exists():
        return
    bulk(Series, [Series(title=f"연재 {n}", slug=f"series{n}") for n in range(100)])
    bulk(Tag, [Tag(name=f"낱말 {n}", slug=f"word{n}") for n in range(articles // 20)])
    bulk(Page, [Page(title=f"안내 {n}", slug=f"page{n}", body=SENTENCES[0]) for n in range(12)])
    for n, series in enumerate(Series.objects.all()):
        Article.objects.filter(pk__gt=n * 50, pk__lte=n * 50 + 50).update(
            series=series, series_position=F("pk") - n * 50
        )
    latest = list(Article.objects.published().latest_first()[:12])
    bulk(Placement, [Placement(article=a, position=n) for n, a in enumerate(latest)])
    keys = Article.objects.values_list("pk", flat=True)
    bulk(OldAddress, (OldAddress(path=f"/2009/{pk}", article_id=pk) for pk in keys))


@transaction.atomic
def desk(articles):
    """What the desk keeps: revisions, notes, changes not public yet, corrections."""
    if Revision.objects.exists():
        return
    editor = User.objects.get(username="editor")
    latest = list(Article.objects.order_by("-pk")[: articles // 10])
    contents = ((article, revisions.content_of(article)) for article in latest)
    bulk(
        Revision,
        (
            Revision(article=article, content=content, made_by=editor)
            for place, (article, content) in enumerate(contents)
            for _ in range(3 if place > 20 else 60)
        ),
    )
    for article in latest[: articles // 300]:
        if article.is_published:
            article.working_copy = article.revisions.first()
            article.save(update_fields=["working_copy"])
    for model in (Note, PreviewLink):
        rows = [model(article=article, made_by=editor) for article in latest[:40] * 5]
        for row in rows:
            row.text = SENTENCES[0]
        bulk(model, rows)
    bulk(Writing, [Writing(article=a, user=editor) for a in latest[:500]])
    now, public = timezone.now(), [a for a in latest if a.has_been_public]
    waiting = {"published_at": None, "requested_at": now, "requested_by": "한도경"}
    bulk(
        Correction,
        [
            Correction(article=a, text=SENTENCES[0], **(waiting if n % 100 == 0 else {}))
            for n, a in enumerate(public[: articles // 20])
        ],
    )


def conversation(comments):
    """Threads: the longest on the latest article, many on those before it."""
    if Contact.objects.exists():
        return
    keys = list(Article.objects.published().latest_first()[: comments // THREAD])
    begin = (Comment.objects.order_by("-pk").values_list("pk", flat=True).first() or 0) + 1
    for number, article in enumerate(tqdm(keys, leave=False)):
        if begin <= comments and not article.comment_count:
            begin = threads.fill(article, THREAD * (1 if number else 10), begin)
    with connection.cursor() as cursor:  # PostgreSQL was not told of these keys
        for statement in connection.ops.sequence_reset_sql(no_style(), [Comment]):
            cursor.execute(statement)
    sort_out()


@transaction.atomic
def sort_out():
    """Let comments wait, be refused, reported and so on, a few in each hundred."""
    bulk(RefusalReason, [RefusalReason(name=f"사유 {n}", text="규정 위반") for n in range(8)])
    reason = RefusalReason.objects.first()
    rows = Comment.objects.annotate(turn=F("pk") % 1000)
    rows.filter(turn__in=(9, 109, 209, 309)).update(state="pending", queued_at=F("created_at"))
    rows.filter(turn__gte=400, turn__lt=430).update(state="spam")
    rows.filter(turn__gte=430, turn__lt=450).update(state="rejected", refusal=reason)
    rows.filter(turn__gte=450, turn__lt=460).update(state="trashed")
    rows.filter(turn__gte=460, turn__lt=470).update(state="deleted")
    rows.filter(turn=471).update(state="blinded", blinded_until=timezone.now())
    rows.filter(turn=472).update(report_count=2, queued_at=F("created_at"))
    rows.filter(turn=473).update(edited_text="고쳐 썼습니다.", queued_at=F("created_at"))
    with connection.cursor() as cursor:
        for statement in (CONTACTS, SIGNALS, REPORTS):
            cursor.execute(statement)


@transaction.atomic
def moderation(articles):
    """The log of the moderators, half as long as there are comments; bans; own words."""
    if ModerationEvent.objects.exists():
        return
    moderator = User.objects.get(username="moderator")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO comments_moderationevent (comment_id, moderator_id, action, before, after,"
            " reason, note, snapshot, batch, created_at) SELECT id, %s, 'state', 'pending', state,"
            " '', '', '{}', 'b' || id, created_at FROM comments_comment WHERE id %% 2 = 0",
            [moderator.pk],
        )
    bulk(Ban, [Ban(digest=f"{n:064x}", moderator=moderator) for n in range(articles // 50)])
    bulk(Word, [Word(text=f"금칙어{n}") for n in range(300)])


def records(articles):
    """What was done in the admin, and who came in: two entries an article, one of the door."""
    if AccessEvent.objects.exists():
        return
    editor, now = User.objects.get(username="editor"), timezone.now()
    kind = ContentType.objects.get_for_model(Article)
    moments = [now - timedelta(minutes=n) for n in range(2 * articles, 0, -1)]
    with transaction.atomic():
        bulk(
            LogEntry,
            (
                LogEntry(
                    user=editor,
                    content_type=kind,
                    object_id=n % articles + 1,
                    object_repr=SENTENCES[0],
                    action_flag=CHANGE,
                    change_message="[]",
                    action_time=at,
                )
                for n, at in enumerate(moments)
            ),
        )
        bulk(
            AccessEvent,
            (AccessEvent(user=editor, kind="in", name="", at=at) for at in moments[::2]),
        )


def readings(articles):
    """Every article was read once; the latest thousand are still in the lists of what is read."""
    if ReadScore.objects.exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO articles_readscore (article_id, hour, day, week)"
            " SELECT id, %s - (%s - id) / 100.0, %s - (%s - id) / 100.0, %s - (%s - id) / 100.0"
            " FROM articles_article WHERE state = 'published'",
            [part for name in HALF_LIVES for part in (faded(name) + 10, articles)],
        )
