"""What readers say, for machines that read along."""

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from articles.feeds import NEWEST, feed
from articles.models import Article
from comments.models import Comment
from newsroom.changes import COMMENTS
from newsroom.pagecache import kept
from newsroom.templatetags.newsroom import absolute


def comment_item(comment):
    """Return a comment as an item of a feed."""
    return {
        "title": f"{comment.author_name}: {comment.article.headline}",
        "link": absolute(comment.get_absolute_url()),
        "unique_id": absolute(comment.get_absolute_url()),
        "summary": comment.text,
        "published_at": comment.created_at,
    }


def comment_feed(request, comments, title, path):
    rows = comments.visible().on_published().select_related("article").order_by("-pk")[:NEWEST]
    return feed(request, title, path, map(comment_item, rows))


@kept(on=COMMENTS)
@require_safe
def latest(request):
    return comment_feed(request, Comment.objects, _("Latest comments"), "/")


@kept(on="article-{pk}")
@require_safe
def article(request, pk):
    article = get_object_or_404(Article.objects.published().show_comments(), pk=pk)
    return comment_feed(request, article.comments, article.headline, article.get_absolute_url())
