"""How we speak of many comments. What readers may see is said once: `visible()`."""

from datetime import timedelta

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.utils import timezone

ROOTS_A_PAGE = 20
REPLIES_A_ROOT = 10
KEY_DAYS = 30  # how long addresses are hashed under one key
KEEP_DAYS = 90  # how long they can be recognised
SEARCHED = 2000  # comments that a search looks through
EMAIL_DAYS = 365  # how long a comment's e-mail is kept, unless its owner has mail on


class CommentQuerySet(models.QuerySet):
    """Comments, by the moderators' and readers' own words."""

    def visible(self):
        """Comments whose text readers may see."""
        return self.filter(state="approved")

    def shown(self):
        """Visible comments, and the place holders that answers need or the law (임시조치)."""
        return self.filter(Q(state__in=["approved", "blinded"]) | Q(reply_count__gt=0))

    def queued(self):
        """Comments that wait for a moderator, those that wait longest first."""
        return self.filter(queued_at__isnull=False).order_by("queued_at", "pk")

    def roots(self):
        return self.filter(parent=None)

    def on_published(self, at=None):
        """Comments on articles that readers may see now (or at the time `at`)."""
        from articles.models import Article

        articles = Article.objects.published(at).show_comments()
        return self.filter(Exists(articles.filter(pk=OuterRef("article"))))

    def latest_with(self, words):
        """Of the latest comments those in whose text every one of `words` occurs, newest first."""
        latest = list(self.order_by("-pk").values_list("pk", flat=True)[:SEARCHED])
        query = Q()
        for word in words:
            query &= Q(text__icontains=word)
        return self.filter(query, pk__in=latest).order_by("-pk")

    def for_thread(self):
        """Load what a thread shows, in one query."""
        # The name and state of the parent alone: rows of their own would cost as much again.
        parent = {"parent_name": F("parent__author_name"), "parent_state": F("parent__state")}
        return self.annotate(**parent).only(
            *("article_id", "root_id", "path", "depth", "state", "author_name", "text"),
            *("created_at", "edited_at", "reply_count", "staff_id", "is_pinned", "blinded_until"),
            *("up_count", "down_count", "score", "report_count"),
        )

    def with_first_replies(self):
        """Annotate roots with the path of the last reply that is shown at first."""
        replies = (
            self.model.objects.shown()
            .filter(root=OuterRef("pk"), depth__gt=0)
            .order_by("path")
            .values("path")
        )
        return self.annotate(
            last_path=Subquery(replies[REPLIES_A_ROOT - 1 : REPLIES_A_ROOT]),
            more_path=Subquery(replies[REPLIES_A_ROOT : REPLIES_A_ROOT + 1]),
        )

    def first_replies_of(self, roots):
        """The replies shown at first below `roots`, in the order of the thread."""
        query = Q(root__in=[root.pk for root in roots if not root.last_path])
        for root in roots:
            if root.last_path:
                query |= Q(root=root.pk, path__lte=root.last_path)
        return self.shown().filter(query, depth__gt=0).order_by(F("root").desc(), "path")


class SourceKeyQuerySet(models.QuerySet):
    """The secrets under which network addresses are hashed."""

    def live(self):
        """Keys under which addresses can still be recognised, the newest first."""
        return self.filter(created_at__gt=timezone.now() - timedelta(days=KEEP_DAYS))


class MailQuerySet(models.QuerySet):
    """Letters to readers and moderators."""

    def due(self):
        """Letters to be sent now, those that wait longest first."""
        return self.filter(due_at__lte=timezone.now()).order_by("due_at", "pk")
