"""Which articles an article leads to: what is proposed, and what the editors say to it."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Max
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from articles import flow, related
from articles.models import Article, RelatedChoice
from articles.search.finding import find
from articles.search.question import Question
from newsroom.paging import whole_number
from newsroom.text import one_line

FOUND = 10  # articles that a search offers


class RelatedAdmin:
    """The page of an article's related articles, for those who publish."""

    def get_urls(self):
        view = self.admin_site.admin_view(
            require_http_methods(["GET", "HEAD", "POST"])(self.related)
        )
        return [
            path("<int:pk>/related/", view, name="articles_article_related"),
            *super().get_urls(),
        ]

    def related(self, request, pk):
        """GET: what the article leads to, and what else is proposed. POST: choose, or leave out."""
        article = get_object_or_404(Article, pk=pk)
        if not flow.may(request.user, "place"):
            raise PermissionDenied
        if request.method == "POST":
            other = get_object_or_404(Article, pk=whole_number(request.POST.get("other", "")))
            self.choose(request, article, other)
            return redirect(request.path)
        choices = list(RelatedChoice.objects.filter(article=article).select_related("other"))
        rows = related.choose(article, choices)
        others = Article.objects.in_bulk([row.other_id for row in rows])
        for row in rows:
            row.other = others[row.other_id]
        shown = {article.pk, *others, *(choice.other_id for choice in choices)}
        text = one_line(request.GET.get("q", ""))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Related articles"),
            "opts": self.opts,
            "article": article,
            "rows": rows,
            "banned": [choice.other for choice in choices if not choice.is_wanted],
            "question": text,
            "found": self.offered(text, shown),
        }
        return TemplateResponse(request, "admin/articles/article/related.html", context)

    def offered(self, text, shown):
        """Return public articles that a search finds, or the one of that number."""
        published = Article.objects.published().exclude(pk__in=shown)
        if (key := whole_number(text)) > 0:
            return list(published.filter(pk=key))
        keys = find(Question(text), published).ranked[:FOUND]
        rows = {article.pk: article for article in published.with_keys(keys)}
        return [rows[key] for key in keys if key in rows]

    def choose(self, request, article, other):
        """Do what a button says: pin, ban, or leave it to the program again; move a pin up."""
        own = RelatedChoice.objects.filter(article=article)
        act = request.POST.get("do")
        if article == other or act not in ("pin", "ban", "free", "up"):
            return self.message_user(request, _("Nothing was changed."), messages.WARNING)
        if act == "up":
            pins = list(own.filter(is_wanted=True))
            place = next((at for at, pin in enumerate(pins) if pin.other_id == other.pk), 0)
            if place:
                pins[place - 1], pins[place] = pins[place], pins[place - 1]
            for position, pin in enumerate(pins):
                pin.position = position
            RelatedChoice.objects.bulk_update(pins, ["position"])
        elif act == "free":
            own.filter(other=other).delete()
        else:
            last = own.aggregate(last=Max("position"))["last"] or 0
            fields = {"is_wanted": act == "pin", "position": last + 1}
            RelatedChoice.objects.update_or_create(article=article, other=other, defaults=fields)
        if article.state == Article.State.PUBLISHED:
            related.relate(article)
        flow.log(article, request.user, _("Related articles changed."))
        return self.message_user(request, _("The related articles are changed."), messages.SUCCESS)
