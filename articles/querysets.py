"""How we speak of many articles. What readers may see is said once: `published()`."""

from datetime import timedelta

from django.db import connections, models
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone

from articles.search.keys import among
from authors.models import Author
from newsroom.models import Masthead

# What a card shows; everything else stays in the database.
CARD_FIELDS = (
    *("headline", "summary", "slug", "published_at", "corrected_at", "comment_count"),
    *("section", "section__name", "section__slug", "hero"),
    *("hero__version", "hero__width", "hero__height", "hero__colour", "hero__alt"),
    *("hero__is_ai_generated",),
)


RECENT = timedelta(days=30)

# Written into the query: a value that is handed over apart leads to no partial index. There are
# no others of the state, since SQLite, which knows no numbers, would take any for a narrow one.
PUBLISHED = RawSQL("'published'", ())

MONTHS = "WITH months (place, starts, ends) AS (VALUES {}) SELECT place FROM months"


def month_start(number):
    """Return when a month, of those since the year 0, begins in the site's time zone."""
    year, month = divmod(number, 12)
    return timezone.make_aware(timezone.datetime(year, month + 1, 1))


def month_number(year, month):
    return year * 12 + month - 1


def number_of(rows):
    """Return an expression for how many `rows` there are, for each row of another query."""
    counted = rows.order_by().values(one=Value(1)).annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), 0)


class PhotoQuerySet(models.QuerySet):
    """Pictures of the library."""

    def matching(self, text):
        """Photos in whose words every word of `text` occurs."""
        query = Q()
        for word in text.split():
            query &= Q(alt__icontains=word) | Q(caption__icontains=word) | Q(credit__icontains=word)
        return self.filter(query)

    def licence_over(self):
        """Photos that may not be used any more."""
        return self.filter(licence_ends_on__lt=timezone.localdate())

    def unused(self):
        """Photos that stand in no article or page, on no author, and in no text in hand."""
        from articles.models import Article
        from articles.uses import used_elsewhere

        return self.exclude(
            Exists(Article.photos.through.objects.filter(photo=OuterRef("pk")))
            | Exists(Article.objects.filter(hero=OuterRef("pk")))
            | Exists(Author.objects.filter(portrait=OuterRef("pk")))
            | Q(pk__in=used_elsewhere())
        )

    def with_uses(self):
        """Add `uses`: in how many articles each photo stands, at the head or in the text."""
        from articles.models import Article

        heads = Article.objects.filter(hero=OuterRef("pk"))
        bodies = Article.photos.through.objects.filter(photo=OuterRef("pk"))
        bodies = bodies.exclude(article__hero=OuterRef("pk"))
        return self.annotate(uses=number_of(heads) + number_of(bodies))


class CorrectionQuerySet(models.QuerySet):
    """What we put right in public."""

    def published(self, at=None):
        """Corrections that readers may see now (or at the time `at`), on articles of that kind."""
        at = at or timezone.now()
        from articles.models import Article

        articles = Article.objects.published(at).filter(pk=OuterRef("article"))
        return self.filter(Exists(articles), published_at__lte=at)

    def to_come(self, at=None):
        """Requests that are not refused, and of which readers have nothing yet."""
        unpublished = Q(published_at=None) | Q(published_at__gt=at or timezone.now())
        return self.filter(unpublished, requested_at__isnull=False).exclude(is_accepted=False)

    def waiting(self):
        """Requests that have no answer yet, the oldest first."""
        return self.to_come().filter(published_at=None, is_accepted=None).order_by("requested_at")

    def accepted(self):
        """Accepted requests that are still to be published, the oldest first."""
        return self.to_come().filter(published_at=None, is_accepted=True).order_by("requested_at")

    def refused(self):
        return self.filter(published_at=None, is_accepted=False)

    def settled(self, before):
        """Requests that were answered before a time: what they ask for is published, or refused."""
        refused = Q(published_at=None, is_accepted=False, decided_at__lt=before)
        return self.filter(Q(published_at__lt=before) | refused, requested_at__isnull=False)

    def marked(self, at=None):
        """Requests of which readers are told while nothing is published yet."""
        return self.to_come(at).filter(is_marked=True)

    def latest_first(self):
        return self.order_by("-published_at", "-pk")

    def for_ledger(self):
        """Load what the ledger shows, with the headline of the article."""
        return self.select_related("article").only(
            *("kind", "text", "before", "after", "published_at"),
            *("article__headline", "article__slug"),
        )


class AnnouncementQuerySet(models.QuerySet):
    """What search engines are to be told."""

    def due(self):
        """What is to be told now, what waits longest first."""
        return self.filter(due_at__lte=timezone.now()).order_by("due_at", "pk")


class ArticleQuerySet(models.QuerySet):
    """Articles, by the newsroom's own words."""

    def in_any(self, lists):
        """Articles that stand in any of these lists, which may be sliced.

        The lists are united as rows, since a database asks for each of them twice where they
        are alternatives of one condition.
        """
        plain = (self.model.objects.filter(pk__in=articles.values("pk")) for articles in lists)
        first, *others = (articles.order_by().values("pk") for articles in plain)
        return self.filter(pk__in=first.union(*others, all=True))

    def published(self, at=None):
        """Articles that readers may see now (or at the time `at`)."""
        return self.in_state("published").filter(published_at__lte=at or timezone.now())

    def in_state(self, state):
        """Articles in one state, in a way that leads to the index that is made for it."""
        if state == "published":
            return self.filter(state=PUBLISHED)
        return self.unpublished().filter(state=state)

    def unpublished(self):
        """Drafts, articles in review and withdrawn ones."""
        return self.exclude(state=PUBLISHED)

    def by_key(self):
        """These articles, each looked up by its key: for what leads to a few of them.

        SQLite would rather read all that were ever published, where it is asked for both at once.
        """
        return self.model.objects.filter(Exists(self.filter(pk=OuterRef("pk"))))

    def with_keys(self, keys):
        """Those of these articles that have the keys."""
        return self.by_key().filter(pk__in=among(keys))

    def show_comments(self):
        """Articles whose comments are not hidden, by their own word or the paper's."""
        hidden_by_paper = Exists(Masthead.objects.filter(comment_policy="hidden"))
        return self.exclude(comment_policy="hidden").exclude(hidden_by_paper, comment_policy="")

    def latest_first(self):
        """Newest first, in an order that does not shift."""
        return self.order_by("-published_at", "-pk")

    def in_section(self, section):
        return self.filter(section=section)

    def in_series(self, series):
        return self.filter(series=series)

    def tagged_with(self, tag):
        """Articles with a tag that have a time, newest first by the tag's own index."""
        return self.filter(tagged__tag=tag, tagged__published_at__isnull=False).order_by(
            "-tagged__published_at", "-tagged__content_object_id"
        )

    def by_author(self, author):
        """Articles with a time that an author signs, newest first by the author's own index."""
        return self.filter(bylines__author=author, bylines__published_at__isnull=False).order_by(
            "-bylines__published_at", "-bylines__article_id"
        )

    def own(self, user):
        """Articles that the account began, is responsible for or signs."""
        from articles.models import Byline

        everything = self.model.objects.order_by()
        begun = everything.filter(created_by=user).values("pk")
        charged = everything.filter(responsible=user).values("pk")
        authors = Author.objects.filter(user=user).order_by().values("pk")
        signed = Byline.objects.filter(author__in=authors).order_by().values("article")
        return self.among(begun.union(charged, signed))

    def among(self, others):
        """Articles that are among `others`, asked of each on the way through this list.

        "+ 0" keeps the database from the other way: to look up all of them and then to sort. The
        alternative, which no article meets, has PostgreSQL keep them in a table of hashes: it
        would compare each with each.
        """
        is_among = Q(key__in=others.order_by().values("pk"))
        return self.alias(key=F("pk") + 0).filter(is_among | Q(pk__lt=0))

    def changed(self):
        """Public articles of which something was saved that readers do not have yet."""
        waiting = self.model.objects.filter(working_copy__isnull=False).order_by()
        return self.filter(pk__in=waiting.values("pk")).exclude(state="withdrawn")

    def in_month(self, year, month):
        """Articles published in that month of the site's time zone."""
        number = month_number(year, month)
        start, end = month_start(number), month_start(number + 1)
        return self.filter(published_at__gte=start, published_at__lt=end)

    def months(self):
        """Return the first moments of the months in which articles came out, newest first.

        Each is looked for in the index, and nothing counted: it costs the same at any size.
        """
        published = self.published().order_by("published_at")
        times = published.values_list("published_at", flat=True)
        if not (first := times.first()):
            return []
        ends = (timezone.localtime(at) for at in (first, times.last()))
        oldest, newest = (month_number(at.year, at.month) for at in ends)
        starts = [month_start(number) for number in range(newest, oldest - 1, -1)]
        database = connections[self.db]
        values = []
        for place, start in enumerate(starts):
            end = month_start(newest - place + 1)
            values += [place, *map(database.ops.adapt_datetimefield_value, (start, end))]
        in_month = published.order_by().filter(
            published_at__gte=RawSQL("starts", ()), published_at__lt=RawSQL("ends", ())
        )
        there, told = in_month.values("pk").query.get_compiler(self.db).as_sql()
        months = MONTHS.format(", ".join(["(%s, %s, %s)"] * len(starts)))
        with database.cursor() as cursor:
            cursor.execute(f"{months} WHERE EXISTS ({there}) ORDER BY place", [*values, *told])
            return [starts[place] for (place,) in cursor.fetchall()]

    def for_cards(self, *fields):
        """Load what a card shows, headline, lead, section and picture, and `fields`; one query."""
        return self.select_related("section", "hero").only(*CARD_FIELDS, *fields)

    def for_detail(self):
        """Load what the article page shows of the article itself."""
        from articles.models import Byline

        bylines = Prefetch("bylines", Byline.objects.select_related("author__portrait"))
        places = self.select_related("section", "series", "hero")
        return places.prefetch_related(bylines, "tags").with_dispute()

    def with_dispute(self, at=None):
        """Annotate whether readers are told now (or at the time `at`) of an open request."""
        from articles.models import Correction

        marked = Correction.objects.marked(at).filter(article=OuterRef("pk"))
        return self.annotate(is_disputed=Exists(marked))

    def for_feed(self):
        """Load articles as readers get them whole, with their authors and tags."""
        return self.for_detail().defer("body", "body_text")

    def changed_at(self):
        """When readers last got or lost an article, or a part of one; None if they never did."""
        seen = [self.published().latest_first().values_list("published_at")[:1]]
        for state in ("published", "withdrawn"):
            touched = self.in_state(state).order_by("-updated_at", "-pk")
            seen.append(touched.values_list("updated_at")[:1])
        return max((moment for moments in seen for (moment,) in moments), default=None)

    def most_read(self, period, least, number):
        """The `number` most read of an hour, a day or a week, with scores above `least`.

        The index of scores is walked from its top until enough of the articles there are among
        these. Joined plainly, SQLite would look up the scores of all that was ever published.
        """
        scores = self.model.read_score.related.related_model.objects.filter(
            Exists(self.filter(pk=OuterRef("article"))), **{f"{period}__gt": least}
        )
        first = scores.order_by(f"-{period}", "-article").values("article")[:number]
        few = self.model.objects.filter(pk__in=first)  # each is among these
        return few.order_by(f"-read_score__{period}", "-pk")

    def most_discussed(self, since=None):
        """Articles published since a time, or in the last 30 days; most comments first."""
        since = since or timezone.now() - RECENT
        return self.filter(published_at__gte=since, comment_count__gt=0).order_by(
            "-comment_count", "-published_at", "-pk"
        )

    def note_corrections(self):
        """Write down on each article when it was last corrected, or will be first.

        A correction may be dated ahead: it counts from its time on, like an article.
        """
        from articles.models import Correction

        now = timezone.now()
        dated = Correction.objects.filter(article=OuterRef("pk")).values("published_at")
        last = dated.filter(published_at__lte=now).order_by("-published_at")
        first = dated.filter(published_at__gt=now).order_by("published_at")
        return self.update(corrected_at=Coalesce(Subquery(last[:1]), Subquery(first[:1])))

    def with_news_of_corrections(self):
        """Articles of which a correction that was dated ahead has appeared since."""
        from articles.models import Correction

        appeared = Correction.objects.filter(
            article=OuterRef("pk"),
            published_at__lte=timezone.now(),
            published_at__gt=OuterRef("corrected_at"),
        )
        return self.filter(Exists(appeared))
