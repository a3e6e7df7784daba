"""How we speak of many comments. What readers may see is said once: `visible()`."""

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

ROOTS_A_PAGE = 20
REPLIES_A_ROOT = 10


class CommentQuerySet(models.QuerySet):
    """Comments, by the moderators' and readers' own words."""

    def visible(self):
        """Comments whose text readers may see."""
        return self.filter(state="approved")

    def shown(self):
        """Visible comments, and the place holders that their answers need."""
        return self.filter(Q(state="approved") | Q(reply_count__gt=0))

    def pending(self):
        return self.filter(state="pending")

    def roots(self):
        return self.filter(parent=None)

    def on_published(self):
        """Comments on articles that readers may see."""
        from articles.models import Article

        return self.filter(article__in=Article.objects.published().show_comments())

    def for_thread(self):
        """Load what a thread shows, in one query."""
        return self.select_related("parent").only(
            *("article_id", "root_id", "path", "depth", "state", "author_name", "text"),
            *("created_at", "reply_count", "staff_id", "parent__author_name", "parent__state"),
        )

    def with_first_replies(self, number=REPLIES_A_ROOT):
        """Annotate roots with the path of the last reply that is shown at first."""
        replies = (
            self.model.objects.shown()
            .filter(root=OuterRef("pk"), depth__gt=0)
            .order_by("path")
            .values("path")
        )
        return self.annotate(
            last_path=Subquery(replies[number - 1 : number]),
            more_path=Subquery(replies[number : number + 1]),
        )

    def first_replies_of(self, roots):
        """The replies shown at first below `roots`, in the order of the thread."""
        query = Q(pk=None)
        for root in roots:
            query |= Q(root=root.pk) & (Q(path__lte=root.last_path) if root.last_path else Q())
        return self.shown().filter(query, depth__gt=0).order_by(F("root").desc(), "path")
