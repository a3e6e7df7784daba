"""The check of the copy at the desk: beside the form while somebody writes, and before it
goes out.
"""

from django.http import HttpResponseNotAllowed
from django.shortcuts import render
from django.urls import path
from django.utils.http import urlencode

from articles import copycheck, flow, revisions, tags
from articles.admin.writing import address, beginning, content_so_far, form_address
from articles.models import Article

PUBLISHING = ("publish", "schedule", "republish")
STEP_FIELDS = ("publish_at", "is_small_change", "slug_follows")  # what a step was to be taken with


class ChecksAdmin:
    """What the desk for articles tells of the check; a part of its ModelAdmin.

    The page of the form gets `checks`; it includes `checks/_panel.html` in the form. After a
    publishing that was not taken it comes with `?checks`, and shows the findings by itself.
    """

    def get_urls(self):
        check = self.admin_site.admin_view(self.check_view)
        return [
            path("add/check/", check, name="articles_article_check_new"),
            path("<int:pk>/check/", check, name="articles_article_check"),
            *super().get_urls(),
        ]

    def check_view(self, request, pk=None):
        """What is found in the form as it is typed, with tags for it, as a part of its page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        article = self.article_of(request, pk, may_write=True)
        form_class = self.get_form(request, article, change=article is not None)
        content = content_so_far(form_class(request.POST, instance=article))
        context = {
            "checks": self.found(request, article, content),
            "tags": tags.proposed(content),
        }
        return render(request, "admin/articles/checks/_answer.html", context)

    def get_form(self, request, obj=None, change=False, **kwargs):
        """Return the form; with what a step was to be taken that was not, it asks again."""
        form = super().get_form(request, obj, change=change, **kwargs)
        asked = {name: request.GET[name] for name in STEP_FIELDS if name in request.GET}
        return beginning(form, lambda form: form.initial.update(asked)) if asked else form

    def asks_again(self, request):
        """Return the query with which the form comes back after a publishing not taken."""
        if not getattr(request, "is_unready", False):
            return ""
        sent = {name: request.POST[name] for name in STEP_FIELDS if request.POST.get(name)}
        return f"?{urlencode({'checks': '', **sent})}#checks"

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        is_asked = obj is not None and "checks" in request.GET
        content = revisions.current(obj) if is_asked else None
        context["checks"] = self.found(request, obj, content)
        if is_asked and not form_url:  # what follows is no question any more
            form_url = form_address(obj.pk)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def found(self, request, article, content):
        """Return what the panel shows: the findings in `content`, if there is any yet."""
        findings = None if content is None else copycheck.check(content)
        errors = [finding for finding in findings or () if finding.is_error]
        warnings = [finding for finding in findings or () if not finding.is_error]
        subject = article or Article(created_by=request.user)
        is_asked = warnings and not errors
        return {
            "url": address("check", article),
            "is_done": findings is not None,
            "errors": errors,
            "warnings": warnings,
            "may_tick": is_asked and any(flow.may(request.user, p, subject) for p in PUBLISHING),
        }
