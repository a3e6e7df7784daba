"""The desk for articles. What may be done with one, and by whom, is said in articles.flow."""

from contextlib import nullcontext
from urllib.parse import unquote

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.contrib.admin.utils import unquote as unquoted_key
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, override

from articles import flow, revisions
from articles.admin.checks import ChecksAdmin
from articles.admin.form import SETTINGS, ArticleForm, StepForm
from articles.admin.lists import ArticleActionForm, ResponsibleFilter, StageFilter
from articles.admin.related import RelatedAdmin
from articles.admin.writing import WritingAdmin
from articles.body import PHOTO
from articles.editor import HeroWidget
from articles.models import Article, Byline, Photo, Revision
from articles.search.keys import among
from articles.search.question import Question, newest_with
from authors.admin import DeskAdmin
from newsroom.paging import whole_number
from newsroom.text import clean, korean_slug, one_line

BULK = 100  # articles that one action takes on
SEARCHED = 2000  # the latest, in whose heads a search looks; as many that the index finds
SHOWN_OF_ONE = ("created_by", "responsible", "hero", "working_copy__made_by")
LONG_TEXTS = ("lead", "body", "body_html", "body_text", "summary")  # the list shows none of them
State = Article.State
# The buttons of the form, in their order; the texts of those that need more stand beside them.
BUTTONS = {
    "submit": _("Submit for review"),
    "give_back": _("Give back"),
    "publish": _("Publish now"),
    "schedule": _("Schedule"),
    "unschedule": _("Take off the schedule"),
    "withdraw": _("Withdraw"),
    "republish": _("Publish again"),
}
DONE = {
    "submit": _("“%s” waits for review now."),
    "give_back": _("“%s” is a draft again."),
    "publish": _("“%s” is published."),
    "schedule": _("“%s” is scheduled."),
    "unschedule": _("“%s” is no longer scheduled; it waits for review."),
    "withdraw": _("“%s” is withdrawn."),
    "republish": _("“%s” is published again."),
}


@admin.register(Article)
class ArticleAdmin(RelatedAdmin, ChecksAdmin, WritingAdmin, DeskAdmin):
    """Where articles are written, and from where they go out to readers."""

    form = ArticleForm
    action_form = ArticleActionForm
    actions = ["submit", "give_back", "publish_now", "unschedule", "withdraw"]
    list_display = ["title", "stage", "in_charge", "goes_out", "touched", "comment_count"]
    list_filter = [StageFilter, "section", ResponsibleFilter]
    list_select_related = ["section", "responsible"]
    sortable_by = ()
    search_fields = ["headline", "subtitle", "lead"]
    searched = None  # see get_search_results
    raw_id_fields = ["hero"]
    view_on_site = False
    fieldsets = [
        (None, {"fields": ["headline", "subtitle", "lead", "body"]}),
        (_("Picture"), {"fields": ["hero", "hero_caption"]}),
        (_("Place"), {"fields": ["section", "tags", ("series", "series_position"), "bylines"]}),
        (_("For readers"), {"fields": ["ai_assistance", "slug", "comment_policy"]}),
        (_("At the desk"), {"fields": ["responsible"]}),
    ]
    reading = [
        (None, {"fields": ["headline", "subtitle", "lead", "text"]}),
        (_("Picture"), {"fields": ["hero", "hero_caption"]}),
        (_("Place"), {"fields": ["section", "tag_names", "series", "written_by"]}),
        (_("For readers"), {"fields": ["ai_assistance"]}),
        (_("At the desk"), {"fields": ["in_charge"]}),
    ]

    # Who may do what: flow says it, for each article and for the list

    def has_view_permission(self, request, obj=None):
        return flow.may(request.user, "view", obj)

    def has_change_permission(self, request, obj=None):
        return flow.may(request.user, "write", obj)

    def has_delete_permission(self, request, obj=None):
        return flow.may(request.user, "delete", obj)

    def has_publish_permission(self, request):
        return flow.may(request.user, "publish")

    def get_queryset(self, request):
        articles = flow.seen_by(request.user, super().get_queryset(request))
        is_one = request.resolver_match.kwargs  # an article's own page
        return articles.select_related(*SHOWN_OF_ONE) if is_one else articles

    def get_object(self, request, object_id, from_field=None):
        """Return the article, read once; refuse what is there and is not for this account."""
        if (article := getattr(request, "article", None)) and str(article.pk) == object_id:
            return article
        article = request.article = super().get_object(request, object_id, from_field)
        if article is None and Article.objects.filter(pk=whole_number(str(object_id))).exists():
            raise PermissionDenied
        return article

    # The form

    def get_urls(self):
        step = self.admin_site.admin_view(self.step_view)
        return [path("<int:pk>/step/", step, name="articles_article_step"), *super().get_urls()]

    def get_fieldsets(self, request, obj=None):
        """Leave out what only editors set, and the address once readers know it."""
        if obj and not self.has_change_permission(request, obj):
            return self.reading
        hidden = set() if flow.is_editor(request.user) else {"comment_policy"}
        if obj and obj.has_been_public:
            hidden.add("slug")
        return [
            (name, {"fields": [field for field in options["fields"] if field not in hidden]})
            for name, options in super().get_fieldsets(request, obj)
        ]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Return the field; what an article refers to may be added here, and changed elsewhere."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "hero":
            field.widget = HeroWidget(db_field.remote_field, self.admin_site)
        if field and hasattr(field.widget, "can_add_related"):
            field.widget.can_change_related = field.widget.can_delete_related = False
            field.widget.can_view_related = False
            field.widget.can_add_related &= db_field.name in ("section", "series")
        return field

    def get_changeform_initial_data(self, request):
        author = getattr(request.user, "author", None)
        return {
            "responsible": request.user.pk,
            "bylines": [author.pk] if author else [],
            "base": 0,
            **super().get_changeform_initial_data(request),
        }

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """The form. What is typed there is kept, even if the article meanwhile got on without
        it or was deleted.
        """
        if request.method != "POST" or "base" not in request.POST:
            return super().change_view(request, object_id, form_url, extra_context)
        article = self.get_object(request, unquoted_key(object_id))
        try:
            if article and not self.has_change_permission(request, article):
                return self.keep_aside(request, article)
            if article or not self.has_add_permission(request):
                return super().change_view(request, object_id, form_url, extra_context)
        except Article.DoesNotExist:
            pass  # deleted after it was found here, and before it could be locked
        return self.begin_anew(request)

    def begin_anew(self, request):
        """Make an article of its own of what was typed into one that is not there any more."""
        text = _("The article was deleted meanwhile. What you typed is a draft of its own.")
        self.message_user(request, text, messages.WARNING)
        request.POST = request.POST.copy()
        request.POST["do"] = "save"
        return self.add_view(request)

    def keep_aside(self, request, article):
        """Keep among the revisions what was typed into an article that may only be read by now."""
        form = self.get_form(request)(request.POST, instance=Article.objects.get(pk=article.pk))
        form.is_valid()
        typed = form.content()
        text = _("“%(headline)s” is %(state)s by now: it was not changed.")
        text %= {"headline": article.headline, "state": flow.stage_name(article)}
        if is_other(article, typed):
            revisions.save(article, typed, request.user, base=None)
            text += " " + _("What you typed is kept among its revisions.")
        self.close_writing(request)
        self.message_user(request, text, messages.WARNING)
        return self.back_to(request, article)

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        article = obj or Article(created_by=request.user)
        may_write = add or self.has_change_permission(request, obj)
        if not may_write:
            form_url = reverse("admin:articles_article_step", args=[obj.pk])
        changes = article.working_copy if article.has_been_public else None
        context["desk"] = {
            "stage": flow.stage(article),
            "stage_name": flow.stage_name(article),
            "may_write": may_write,
            "is_public": article.has_been_public,
            "address": unquote(article.get_absolute_url()) if article.has_been_public else "",
            "changes": changes,
            "changed_by": (changes and changes.made_by) or "–",
            "steps": {step for step in BUTTONS if flow.may(request.user, step, article)},
            "is_editor": flow.is_editor(request.user),
            "notes": obj.notes.select_related("made_by") if obj else [],
            "form": context["adminform"].form if may_write else StepForm(),
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    # What becomes of the form

    def save_model(self, request, article, form, change):
        """Keep what was typed, then take the step that was asked for.

        If somebody else saved meanwhile, what was typed is kept aside and no step is taken.
        """
        typed, base = form.content(), form.cleaned_data["base"]
        article.aside = None
        if change:
            revisions.lock(article)  # the form has put what was typed into the instance
        else:
            article.created_by = request.user
        if not change or is_other(article, typed):
            revision = revisions.save(article, typed, request.user, base)
            article.aside = revision if revision.kind == Revision.Kind.ASIDE else None
        self.close_writing(request)
        if change:
            self.save_settings(article, form)
        self.tell_of_missing_photos(request, typed["body"])
        article.step = form.step if article.aside is None else ""
        self.take_step(request, article, article.step, form.cleaned_data)
        if not (article.aside or article.step):
            self.message_user(request, saved_text(article), messages.SUCCESS)

    def save_settings(self, article, form):
        """Save what was set besides the words. The address of a draft follows its headline."""
        changed = [name for name in SETTINGS if name in form.changed_data]
        for name in changed:
            setattr(article, name, form.cleaned_data[name])
        before, after = korean_slug(form.initial["headline"]), korean_slug(article.headline)
        is_free = not article.has_been_public and "slug" not in changed
        if is_free and article.slug == before != after:
            article.slug = ""
            changed.append("slug")
        if changed:
            article.save()

    def save_related(self, request, form, formsets, change):
        """Nothing more is to be saved: tags and bylines went with the words."""

    def construct_change_message(self, request, form, formsets, add=False):
        """Name what was changed as its field is called, which is translated when it is read."""
        message = super().construct_change_message(request, form, formsets, add)
        with override(None):
            called = {
                field.name: str(field.verbose_name)
                for field in self.opts.get_fields()
                if hasattr(field, "verbose_name")
            }
            for part in message:
                if "fields" in part.get("changed", {}):
                    part["changed"]["fields"] = [
                        called.get(name) or str(form.fields[name].label or name)
                        for name in form.changed_data
                    ]
        return message

    def log_change(self, request, obj, message):
        """Write into the log what was changed, if it was; a step writes its own entry."""
        is_aside, was_step = getattr(obj, "aside", None), getattr(obj, "step", "")
        if not is_aside and (message or not was_step):
            return super().log_change(request, obj, message)

    def response_add(self, request, obj, post_url_continue=None):
        if IS_POPUP_VAR in request.POST:
            return super().response_add(request, obj, post_url_continue)
        return self.back_to(request, obj)

    def response_change(self, request, obj):
        if obj.aside:
            return redirect("admin:articles_article_merge", obj.pk, obj.aside.pk)
        return self.back_to(request, obj)

    def back_to(self, request, article):
        url = reverse("admin:articles_article_change", args=[article.pk])
        return redirect(f"{url}{self.asks_again(request)}")

    def step_view(self, request, pk):
        """Take a step with an article whose words this account may only read, or leave a note."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        article = self.article_of(request, pk)
        form = StepForm(request.POST)
        if form.is_valid():
            self.take_step(request, article, request.POST.get("do", ""), form.cleaned_data)
        for error in [error for errors in form.errors.values() for error in errors]:
            self.message_user(request, error, messages.ERROR)
        return self.back_to(request, article)

    def take_step(self, request, article, step, typed):
        """Take the step, or tell why it cannot be taken; keep the note in either case."""
        note, is_small = typed["note"], typed["is_small_change"]
        ask = "anyway" not in request.POST
        why = {
            "publish": {"is_small": is_small, "slug_follows": typed["slug_follows"], "ask": ask},
            "schedule": {"at": typed["publish_at"], "ask": ask},
            "republish": {"is_small": is_small, "ask": ask},
        }
        try:
            if step == "withdraw":
                flow.withdraw(article, request.user, typed["reason"])
            elif step in BUTTONS:
                verb = flow.publish if step == "schedule" else getattr(flow, step)
                verb(article, request.user, note=note, **why.get(step, {}))
                note = ""
        except flow.Refused as refusal:
            request.is_unready = isinstance(refusal, flow.Unready)
            note = "" if isinstance(refusal, flow.Gone) else note
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            if step in BUTTONS:
                self.message_user(request, DONE[step] % article.headline, messages.SUCCESS)
        if note:
            flow.write_note(article, request.user, note)

    def tell_of_missing_photos(self, request, body):
        """Warn of photos in the text that the library does not have."""
        named = {int(number) for number in PHOTO.findall(body)}
        for number in sorted(named - set(Photo.objects.in_bulk(named))):
            text = _("There is no photo %d in the library; readers do not see it.") % number
            self.message_user(request, text, messages.WARNING)

    # Deleting

    def get_deleted_objects(self, objs, request):
        """Name the articles that are not deleted, and what to do instead."""
        deleted, counts, perms, protected = super().get_deleted_objects(objs, request)
        kept = [article for article in objs if not self.has_delete_permission(request, article)]
        text = _("“%s”: only drafts that readers have never seen are deleted.")
        protected += [text % article for article in kept]
        return deleted, counts, perms - {self.opts.verbose_name}, protected

    def delete_view(self, request, object_id, extra_context=None):
        try:
            return super().delete_view(request, object_id, extra_context)
        except flow.Refused as refusal:  # it got on, or was deleted, since it was shown here
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect("admin:articles_article_changelist")

    def delete_model(self, request, obj):
        flow.delete(obj, request.user)

    def delete_queryset(self, request, queryset):
        for article in queryset:
            flow.delete(article, request.user)

    def response_action(self, request, queryset):
        """Do what is chosen for some articles; of those to delete, all go or none."""
        is_deletion = "delete_selected" in request.POST.getlist("action")
        try:
            with transaction.atomic() if is_deletion else nullcontext():
                return super().response_action(request, queryset)
        except flow.Refused as refusal:  # one got on, or was deleted, since it was shown
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect(request.get_full_path())

    # The list

    def get_search_results(self, request, queryset, search_term):
        """Search the latest for what stands in their heads, and what is published by its index."""
        if not (words := clean(search_term)):
            return queryset, False
        latest = queryset.values_list("pk", flat=True)[:SEARCHED]
        rows = Article.objects.filter(pk__in=among(latest))
        heads, _repeats = super().get_search_results(request, rows, words)
        keys = {*heads.values_list("pk", flat=True)}
        if question := Question(words):
            keys.update(newest_with(question.terms(), SEARCHED, queryset))
        found = Article.objects.filter(pk__in=among(keys))  # each of them was in the queryset
        return found.order_by(*queryset.query.order_by), False

    def changelist_view(self, request, extra_context=None):
        context = {"title": self.opts.verbose_name_plural, **(extra_context or {})}
        return super().changelist_view(request, context)

    def for_list(self, articles):
        bylines = Prefetch("bylines", Byline.objects.select_related("author"))
        return articles.defer(*LONG_TEXTS).prefetch_related(bylines)

    def get_ordering(self, request):
        """Return what comes first: what was worked on last, or is due next, or came out last."""
        orders = {flow.SCHEDULED: "published_at", State.PUBLISHED: "-published_at"}
        return [orders.get(request.GET.get("state"), "-updated_at"), "-pk"]

    @admin.display(description=_("headline"))
    def title(self, article):
        place = [str(article.section)] if article.section else []
        line = " · ".join([*place, *filter(None, [self.written_by(article)])])
        html = '{} <br><span class="list-line">{}</span>' if line else "{}"
        return format_html(html, article.headline, line)

    @admin.display(description=_("published"))
    def goes_out(self, article):
        return short_time(article.published_at) if article.published_at else "–"

    @admin.display(description=_("changed"))
    def touched(self, article):
        return short_time(article.updated_at)

    @admin.display(description=_("tags"))
    def tag_names(self, article):
        return ", ".join(article.tags.names()) or "–"

    @admin.display(description=_("authors"))
    def written_by(self, article):
        return ", ".join(author.name for author in article.byline_authors)

    @admin.display(description=_("state"))
    def stage(self, article):
        text = flow.stage_name(article)
        is_changed = article.has_been_public and article.working_copy_id
        return _("%s, changes not public yet") % text if is_changed else text

    @admin.display(description=_("responsible"))
    def in_charge(self, article):
        return article.responsible or "–"

    @admin.display(description=_("body"))
    def text(self, article):
        return mark_safe(article.body_html)  # drawn by us from the sanitised body

    @admin.action(description=_("Submit the selected articles for review"), permissions=["change"])
    def submit(self, request, queryset):
        self.bulk(request, queryset, flow.submit)

    @admin.action(description=_("Give the selected articles back"), permissions=["change"])
    def give_back(self, request, queryset):
        self.bulk(request, queryset, flow.give_back)

    @admin.action(description=_("Publish the selected articles now"), permissions=["publish"])
    def publish_now(self, request, queryset):
        ask = "anyway" not in request.POST
        self.bulk(request, queryset, lambda article, user: publish_first(article, user, ask))

    @admin.action(
        description=_("Take the selected articles off the schedule"), permissions=["publish"]
    )
    def unschedule(self, request, queryset):
        self.bulk(request, queryset, flow.unschedule)

    @admin.action(description=_("Withdraw the selected articles"), permissions=["publish"])
    def withdraw(self, request, queryset):
        reason = one_line(request.POST.get("reason", ""))
        if not reason:
            text = _("Tell the readers why: write a reason.")
            return self.message_user(request, text, messages.WARNING)
        self.bulk(request, queryset, lambda article, user: flow.withdraw(article, user, reason))

    def bulk(self, request, queryset, step):
        """Take a step with each of the selected articles, and tell which could not be."""
        articles = list(queryset[: BULK + 1])
        if len(articles) > BULK:
            text = _("At most %d articles at once. Nothing was changed.") % BULK
            return self.message_user(request, text, messages.WARNING)
        done = 0
        for article in articles:
            try:
                step(article, request.user)
                done += 1
            except flow.Refused as refusal:
                self.message_user(request, str(refusal), messages.WARNING)
            except PermissionDenied:
                text = _("“%s”: your account may not do this.") % article.headline
                self.message_user(request, text, messages.WARNING)
        if done:
            text = ngettext("%d article done.", "%d articles done.", done) % done
            self.message_user(request, text, messages.SUCCESS)


def publish_first(article, user, ask):
    """Publish an article that readers do not have yet; changes of others go out one by one."""
    if article.is_published:
        raise flow.Refused(_("“%s”: readers have it already.") % article.headline)
    flow.publish(article, user, ask=ask)


def is_other(article, typed):
    """Return whether what was typed differs from what the desk has."""
    kept = revisions.current(article)
    return revisions.tidy(kept | typed) != revisions.tidy(kept)


def short_time(moment):
    """Return a time in few letters: 11.24. 09:10, with the year if it is another one."""
    moment = timezone.localtime(moment)
    is_this_year = moment.year == timezone.localdate().year
    return f"{moment:%m.%d. %H:%M}" if is_this_year else f"{moment:%Y.%m.%d.}"


def saved_text(article):
    """Return what is told after saving: whether readers have it or not."""
    if article.has_been_public:
        return _("Saved. Readers do not see it until you publish the changes.")
    return _("Saved.")
