"""Writing at the desk: unsaved text is kept, saved text can be compared, restored, previewed."""

import json
import re
import uuid
from dataclasses import dataclass, field

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponseNotAllowed, JsonResponse, QueryDict
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from articles import flow, previews, revisions, writings
from articles.admin.form import RELATED, TEXTS, with_commas
from articles.comparison import compare
from articles.models import Article, Revision, Writing
from newsroom.paging import whole_number
from newsroom.templatetags.newsroom import stamp
from newsroom.text import UNWANTED

REVISIONS_A_PAGE = 50
PLACE = re.compile(r"_\d+$")  # bylines_0, bylines_1: the parts of one field
Kind = Revision.Kind


@dataclass
class Opened:
    """A form of an article that somebody has open: what the page and its script go by."""

    key: uuid.UUID
    form_url: str
    autosave_url: str
    preview_url: str
    step: int = 0
    restored: Writing | None = None
    offered: list = field(default_factory=list)


class WritingAdmin:
    """What the desk for articles offers to who writes; a part of its ModelAdmin.

    The page of the form gets `writing`, an Opened; it includes `writing/_above.html` before
    the form and `writing/_status.html` in it.
    """

    def get_urls(self):
        def at(route, view, name):
            return path(route, self.admin_site.admin_view(view), name=f"articles_article_{name}")

        return [
            at("add/autosave/", self.autosave, "autosave_new"),
            at("add/preview/", self.preview, "preview_new"),
            at("add/preview/page/", self.preview_page, "preview_page_new"),
            at("writing/<uuid:key>/discard/", self.discard, "discard"),
            at("<int:pk>/autosave/", self.autosave, "autosave"),
            at("<int:pk>/preview/", self.preview, "preview"),
            at("<int:pk>/preview/page/", self.preview_page, "preview_page"),
            at("<int:pk>/preview/links/", self.preview_links, "preview_links"),
            at("<int:pk>/revisions/", self.revisions, "revisions"),
            at("<int:pk>/revisions/<int:number>/", self.revision, "revision"),
            at("<int:pk>/merge/<int:number>/", self.merge, "merge"),
            *super().get_urls(),
        ]

    # The form

    def changeform_view(self, request, object_id=None, form_url="", extra_context=None):
        article = self.get_object(request, unquote(object_id)) if object_id else None
        if object_id is None or article:
            request.writing = self.open(request, article)
            extra_context = {**(extra_context or {}), "writing": request.writing}
        return super().changeform_view(request, object_id, form_url, extra_context)

    def open(self, request, article):
        """Return what the form that is asked for, or sent, goes by."""
        opened = Opened(
            key=as_key(request.POST.get("key")) or uuid.uuid4(),
            form_url=form_address(article and article.pk),
            autosave_url=address("autosave", article),
            preview_url=address("preview", article),
        )
        if request.method == "POST":
            opened.step = max(0, whole_number(request.POST.get("step", "0")))
            return opened
        opened.offered = list(writings.unsaved(request.user, article))
        if asked := as_key(request.GET.get("restore")):
            chosen = [writing for writing in opened.offered if writing.key == asked]
            if not chosen:
                text = _("This text is not kept any more: it was saved or discarded.")
                messages.warning(request, text)
                return opened
            opened.restored = writing = chosen[0]
            opened.offered.remove(writing)
            opened.key, opened.step = writing.key, writing.step
        return opened

    def get_form(self, request, obj=None, change=False, **kwargs):
        """Return the form; it begins with unsaved or other text where that was asked for."""
        form = super().get_form(request, obj, change=change, **kwargs)
        opened = getattr(request, "writing", None)
        if opened and opened.restored:
            return beginning(form, lambda form: take_typed(form, opened.restored))
        if other := getattr(request, "other_content", None):
            return beginning(form, lambda form: take(form, other))
        return form

    def close_writing(self, request):
        """Forget what was typed into the form that was sent: its text is saved."""
        if key := as_key(request.POST.get("key")):
            writings.close(key, request.user)

    def article_of(self, request, pk, may_write=False):
        """Return the article `pk` (None: a new one) if the account may see it, or write it."""
        article = None
        if pk is not None and (article := self.get_object(request, str(pk))) is None:
            raise Http404(_("There is no such article."))
        if may_write and article is None:
            is_allowed = self.has_add_permission(request)
        elif may_write:
            is_allowed = self.has_change_permission(request, article)
        else:
            is_allowed = self.has_view_or_change_permission(request, article)
        if not is_allowed:
            raise PermissionDenied(_("You may not write in this article now."))
        return article

    # Autosave

    def autosave(self, request, pk=None):
        """Keep what is typed and not saved; tell who else writes and who saved meanwhile.

        Asked with GET it answers with a token for the form, as after signing in anew.
        """
        if request.method == "GET":
            return JsonResponse({"token": get_token(request)})
        if request.method != "POST":
            return HttpResponseNotAllowed(["GET", "POST"])
        try:
            return JsonResponse(self.kept(request, pk))
        except ValueError as error:
            return JsonResponse({"error": str(error)}, status=400)
        except Http404 as error:
            return JsonResponse({"error": str(error)}, status=404)
        except PermissionDenied as error:
            text = str(error) or _("You may not write in this article now.")
            return JsonResponse({"error": text}, status=403)

    def kept(self, request, pk):
        """Keep what a form sent, and return what its script is told."""
        data = sent(request)
        request.is_unattended = "typed" not in data  # an open form asks on its own
        article = self.article_of(request, pk, may_write=True)
        writing = self.keep(request, article, data, whole_number(data.get("step", "")))
        base = whole_number(data.get("base", ""))
        newer = None
        if article and article.version != base and (last := last_saved(article)):
            is_own = last.made_by_id == request.user.pk
            by = str(last.made_by or "")
            newer = {"by": by, "is_own": is_own, "at": last.made_at}
        return {
            "saved_at": writing.changed_at,
            "step": writing.step,
            "is_saved": writing.saved_at is not None,
            "others": writings.also_open(request.user, article),
            "newer": newer,
        }

    def keep(self, request, article, data, step=None):
        """Keep the fields that `data` holds, if it says that something was typed."""
        key = as_key(data.get("key"))
        if key is None or (step is not None and step < 0):
            raise ValueError(_("The form was not sent whole."))
        form = self.get_form(request, article, change=article is not None)
        fields = {
            name: [UNWANTED.sub("", value) for value in values]  # no database takes a NUL
            for name, values in data.lists()
            if PLACE.sub("", name) in form.base_fields and name != "base"
        }
        base = max(0, whole_number(data.get("base", "")))
        typed = fields if "typed" in data else None
        return writings.keep(key, request.user, article, base, typed, step)

    def discard(self, request, key):
        """Forget unsaved text, because its writer says so."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        writing = get_object_or_404(Writing, key=key, user=request.user)
        writing.delete()
        messages.success(request, _("The unsaved text was discarded."))
        return redirect(form_address(writing.article_id))

    # Revisions

    def revisions(self, request, pk):
        """The revisions of an article: who saved what, when and why."""
        article = self.article_of(request, pk)
        rows = article.revisions.select_related("made_by").defer("content")
        page = Paginator(rows, REVISIONS_A_PAGE).get_page(request.GET.get("page"))
        title = _("Revisions")
        return self.writing_page(request, "revisions", article, title=title, page=page)

    def revision(self, request, pk, number):
        """One revision beside the one before it or beside the text of now; restored by POST."""
        may_write = request.method == "POST"
        article = self.article_of(request, pk, may_write=may_write)
        revision = get_object_or_404(article.revisions.select_related("made_by"), pk=number)
        if request.method == "POST":
            return self.restore(request, article, revision)
        before = article.revisions.exclude(kind=Kind.ASIDE).filter(pk__lt=number).first()
        is_with_now = request.GET.get("with") == "now" or before is None
        if is_with_now:
            comparison = compare(revision.content, revisions.current(article))
        else:
            comparison = compare(before.content, revision.content)
        return self.writing_page(
            *(request, "revision", article),
            title=_("Revision of %s") % stamp(revision.made_at),
            revision=revision,
            before=before,
            is_with_now=is_with_now,
            comparison=comparison,
            can_restore=self.has_change_permission(request, article),
        )

    def restore(self, request, article, revision):
        """Save the text of `revision` again, on top of what was saved since."""
        base = whole_number(request.POST.get("base", ""))
        note = _("Restored as it stood on %s.") % stamp(revision.made_at)
        try:
            content = revision.content
            made = revisions.save(article, content, request.user, base, Kind.RESTORED, note)
        except Article.DoesNotExist:  # deleted since it was found here
            raise Http404(_("There is no such article.")) from None
        if made.kind == Kind.ASIDE:
            return redirect("admin:articles_article_merge", article.pk, made.pk)
        flow.log(article, request.user, note)
        messages.success(request, note)
        return redirect("admin:articles_article_change", article.pk)

    def merge(self, request, pk, number):
        """A text that somebody else was faster than, beside theirs, above the form with it."""
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        article = self.article_of(request, pk, may_write=True)
        revision = get_object_or_404(article.revisions, pk=number, kind=Kind.ASIDE)
        request.other_content = revision.content
        context = {
            "merging": revision,
            "last": last_saved(article),
            "comparison": compare(revisions.current(article), revision.content),
        }
        return self.change_view(request, str(pk), form_address(pk), context)

    # Preview

    def preview(self, request, pk=None):
        """The article as readers will see it, on a phone and on a desk, with links to send.

        What is typed and not saved is sent here by the form; it is kept, and shown too.
        """
        if request.method == "POST":
            article = self.article_of(request, pk, may_write=True)
            data = request.POST.copy()
            data["typed"] = "1"
            try:
                writing = self.keep(request, article, data)
            except ValueError as error:
                raise Http404(str(error)) from None
            return redirect(f"{address('preview', article)}?writing={writing.key}")
        article = self.article_of(request, pk, may_write=pk is None)
        writing = self.unsaved(request, article)
        query = f"?writing={writing.key}" if writing else ""
        response = self.writing_page(
            *(request, "preview", article),
            title=_("Preview"),
            frame=f"{address('preview_page', article)}{query}",
            unsaved=writing,
            links=self.links_of(article),
        )
        response["Content-Security-Policy"] = previews.policy(**{"frame-src": "'self'"})
        return response

    def preview_page(self, request, pk=None):
        """The page of the article alone, for the frames of the preview."""
        article = self.article_of(request, pk, may_write=pk is None)
        writing = self.unsaved(request, article)
        content = revisions.current(article) if article else {}
        if writing:
            form = self.get_form(request, article, change=article is not None)
            filled = form(writings.as_sent(writing.content), instance=article)
            content = {**content, **content_so_far(filled)}
        if not content:
            raise Http404(_("Nothing was typed yet."))
        return previews.page(request, article, content, is_framed=True)

    def unsaved(self, request, article):
        """Return the unsaved text that the preview is asked for, if it is still kept."""
        key = as_key(request.GET.get("writing"))
        return key and writings.unsaved(request.user, article).filter(key=key).first()

    def preview_links(self, request, pk):
        """Make a link to the preview, or revoke one."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        article = self.article_of(request, pk)
        if revoked := whole_number(request.POST.get("revoke", "0")):
            link = get_object_or_404(article.preview_links, pk=revoked)
            link.revoked_at = link.revoked_at or timezone.now()
            link.save()
            flow.log(article, request.user, _("Revoked a preview link."))
            messages.success(request, _("The link does not lead to the preview any more."))
        else:
            article.preview_links.create(made_by=request.user)
            flow.log(article, request.user, _("Made a preview link."))
            messages.success(request, _("The link is made. Copy it and send it."))
        return redirect(f"{address('preview', article)}#links")

    def links_of(self, article):
        """Return the preview links of an article with their addresses, the newest first."""
        if article is None:
            return []
        links = list(article.preview_links.select_related("made_by", "article"))
        for link in links:
            link.is_over = previews.is_over(link)
            link.url = previews.url_of(link)
        return links

    def writing_page(self, request, name, article, **context):
        """Return a page about the writing of an article."""
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "article": article,
            **context,
        }
        return TemplateResponse(request, f"admin/articles/writing/{name}.html", context)


def as_key(text):
    """Return the key of a form that `text` spells, or None."""
    try:
        return uuid.UUID(text or "")
    except ValueError:
        return None


def sent(request):
    """Return what a form sent, as JSON or as forms do."""
    if request.content_type != "application/json":
        return request.POST
    data = QueryDict(mutable=True)
    try:
        for name, value in json.loads(request.body).items():
            values = value if isinstance(value, list) else [value]
            data.setlist(name, ["" if item is None else str(item) for item in values])
    except (ValueError, AttributeError, RecursionError):
        raise ValueError(_("The form was not sent whole.")) from None
    return data


def address(name, article):
    """Return the address of a view of the article, or of its twin for a new one."""
    if article is None:
        return reverse(f"admin:articles_article_{name}_new")
    return reverse(f"admin:articles_article_{name}", args=[article.pk])


def take(form, content):
    """Let a form begin with the text `content`."""
    form.initial |= content
    form.initial["tags"] = with_commas(content["tags"])
    form.initial["bylines"] = content["authors"]
    form.fields["bylines"] = form.bylines_field()


def take_typed(form, writing):
    """Let a form begin with what was typed into another, just as it was typed."""
    data = writings.as_sent(writing.content)
    for name, part in form.fields.items():
        form.initial[name] = part.widget.value_from_datadict(data, {}, name)
    places = sorted((len(name), name) for name in data if name.startswith("bylines_"))
    sent = [data[name] for _length, name in places]
    form.initial["bylines"] = [int(pk) for pk in sent if pk.isdigit()]
    form.initial["base"] = writing.base
    form.fields["bylines"] = form.bylines_field()


def content_so_far(form):
    """Return the text of a form that may lack something yet; what is not valid is left out."""
    form.is_valid()
    empty = dict.fromkeys(TEXTS, "") | dict.fromkeys(RELATED)
    form.cleaned_data = {**empty, "series_position": 0, "tags": [], "bylines": []} | (
        form.cleaned_data
    )
    return form.content()


def form_address(pk):
    """Return the address of the form of the article `pk`, or of a new one."""
    if pk is None:
        return reverse("admin:articles_article_add")
    return reverse("admin:articles_article_change", args=[pk])


def last_saved(article):
    """Return the revision that the desk goes on from."""
    rows = article.revisions.exclude(kind=Kind.ASIDE).select_related("made_by")
    return rows.defer("content").first()


def beginning(form_class, take):
    """Return the form, beginning with other text than the article has."""

    class Beginning(form_class):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            if not self.is_bound:
                take(self)

    return Beginning
