"""The desk for corrections: what was asked for, what we answered, what readers get."""

from django import forms
from django.contrib import admin
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from articles import flow, indexnow
from articles.admin.form import Moment
from articles.models import Correction
from articles.models.corrections import ANSWER_DAYS, PUBLISH_DAYS
from authors.admin import DeskAdmin
from newsroom.templatetags.newsroom import day

Stage = Correction.Stage
REQUEST = ("requested_by", "requester_phone", "disputed_text", "request_reason", "requested_text")
DONE = {
    "save": _("Saved."),
    "accept": _("The request is accepted."),
    "refuse": _("The request is refused."),
    "publish": _("Readers are told."),
}


class CorrectionForm(forms.ModelForm):
    """A correction, with the request for it if there was one, and the step to take."""

    requested_at = forms.DateTimeField(label=_("request received"), required=False, widget=Moment())
    publish_at = forms.DateTimeField(
        label=_("appears at"), required=False, widget=Moment(), help_text=_("Empty: now.")
    )
    # Where it stood when the form was opened: a step is taken from there or not at all.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Correction
        fields = [
            *("article", "requested_at", *REQUEST, "is_marked", "decision_reason"),
            *("kind", "text", "before", "after"),
        ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_new = self.instance._state.adding
        self.initial["seen"] = "" if self.is_new else self.instance.stage
        if not self.is_new and self.instance.stage == Stage.DATED:
            self.initial["publish_at"] = timezone.localtime(self.instance.published_at)

    @property
    def step(self):
        """What is to be done besides saving."""
        step = self.data.get("do", "save")
        return step if step in DONE else "save"

    def clean_article(self):
        article = self.cleaned_data["article"]
        if not article.has_been_public:
            raise forms.ValidationError(_("Readers have not had this article yet."))
        return article

    def clean_requested_at(self):
        moment = self.cleaned_data["requested_at"]
        if moment and moment > timezone.now():
            raise forms.ValidationError(_("This time is still to come."))
        return moment

    def clean(self):
        typed = super().clean() or self.cleaned_data
        step, correction = self.step, self.instance
        if not self.is_new and typed.get("seen") != correction.stage:
            text = _("Somebody went on with it meanwhile: %s. Nothing was changed; look again.")
            raise forms.ValidationError(text % correction.stage.label)
        is_asked = typed.get("requested_at") is not None
        if "requested_at" not in self.errors and not is_asked:
            self.check_direct(step, typed)
        if step == "refuse" and not typed.get("decision_reason"):
            self.add_error("decision_reason", _("Write why it is refused: who asks is told."))
        if step == "publish":
            self.check_publishing(typed)
        elif self.is_new:
            correction.published_at = None
        elif correction.published_at and not typed.get("text"):
            self.add_error("text", _("Write what readers are told."))
        return typed

    def check_direct(self, step, typed):
        """What has no request is published, or there is nothing to keep."""
        is_begun = any(typed.get(name) for name in REQUEST)
        is_published = step == "publish" or (not self.is_new and self.instance.published_at)
        if is_begun or step in ("accept", "refuse"):
            self.add_error("requested_at", _("Write when the request came in."))
        elif not is_published:
            text = _("Write when the request came in; or publish it, if nobody asked for it.")
            self.add_error("requested_at", text)

    def check_publishing(self, typed):
        """What readers are to get must have words, and no refusal against it."""
        correction = self.instance
        if not self.is_new and correction.stage == Stage.REFUSED:
            raise forms.ValidationError(_("This request is refused. Accept it first."))
        if not typed.get("text"):
            self.add_error("text", _("Write what readers are told."))
        at = typed.get("publish_at")
        if at and at <= timezone.now():
            self.add_error("publish_at", _("This time has passed. Choose one to come."))
        if self.is_new or correction.stage != Stage.PUBLISHED:
            correction.published_at = at or timezone.now()


class StageFilter(admin.SimpleListFilter):
    """By what is to be done next."""

    title = _("what is to be done")
    parameter_name = "stage"

    def lookups(self, request, model_admin):
        corrections = Correction.objects
        numbers = {
            Stage.WAITING: corrections.waiting().count(),
            Stage.ACCEPTED: corrections.accepted().count(),
        }
        return [
            (stage, f"{stage.label} ({numbers[stage]})" if stage in numbers else stage.label)
            for stage in Stage
        ]

    def queryset(self, request, queryset):
        now = timezone.now()
        views = {
            Stage.WAITING: queryset.waiting,
            Stage.ACCEPTED: queryset.accepted,
            Stage.REFUSED: queryset.refused,
            Stage.DATED: lambda: queryset.filter(published_at__gt=now),
            Stage.PUBLISHED: lambda: queryset.filter(published_at__lte=now),
        }
        return views[self.value()]() if self.value() in views else queryset


@admin.register(Correction)
class CorrectionAdmin(DeskAdmin):
    """Requests with their days, and what became of them. Only who may correct sees who asks."""

    form = CorrectionForm
    autocomplete_fields = ["article"]
    list_display = ["headline", "due", "standing", "kind", "requested_at", "published_at"]
    list_filter = [StageFilter]
    list_select_related = ["article"]
    search_fields = ["article__headline", "text", "disputed_text"]
    sortable_by = ["requested_at", "published_at"]
    actions = None

    class Media:
        css = {"all": ["css/desk/corrections.css"]}

    # Who may

    def has_module_permission(self, request):
        return flow.may(request.user, "correct")

    def has_view_permission(self, request, obj=None):
        return flow.may(request.user, "correct")

    def has_add_permission(self, request):
        return flow.may(request.user, "correct")

    def has_change_permission(self, request, obj=None):
        return flow.may(request.user, "correct")

    def has_delete_permission(self, request, obj=None):
        """What readers were told stays."""
        is_there = obj is not None and obj.stage == Stage.PUBLISHED
        return flow.may(request.user, "correct") and not is_there

    # The list

    def get_queryset(self, request):
        corrections = super().get_queryset(request)
        if request.resolver_match.view_name.endswith("_changelist"):
            corrections = corrections.only(
                *("kind", "text", "requested_at", "is_accepted", "decided_at", "published_at"),
                *("is_marked", "article__headline"),
            )
        return corrections

    def get_ordering(self, request):
        is_due = request.GET.get("stage") in (Stage.WAITING, Stage.ACCEPTED)
        return ["requested_at"] if is_due else ["-pk"]

    @admin.display(description=_("article"))
    def headline(self, correction):
        return correction.article.headline

    @admin.display(description=_("state"))
    def standing(self, correction):
        return correction.stage.label

    @admin.display(description=_("due"))
    def due(self, correction):
        if correction.due_on is None:
            return "–"
        is_late = correction.days_left < 0
        text = f"{day(correction.due_on)} ({left(correction.days_left)})"
        return format_html('<b class="is-late">{}</b>', text) if is_late else text

    # The form

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        """Return the field; an article is only chosen here."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "article":
            field.widget.can_add_related = field.widget.can_change_related = False
            field.widget.can_view_related = False
        return field

    def get_readonly_fields(self, request, obj=None):
        return ["article"] if obj else []

    def get_fieldsets(self, request, obj=None):
        """Return the parts of the form; the request folded in where there is none."""
        is_asked = obj is not None and obj.requested_at
        fold = {} if is_asked else {"classes": ["collapse"]}
        is_published = obj is not None and obj.stage == Stage.PUBLISHED
        when = [] if is_published else ["publish_at"]
        answer = [(_("Our answer"), {"fields": ["decision_reason"]})] if is_asked else []
        request_fields = ["requested_at", *REQUEST, "is_marked"]
        return [
            (None, {"fields": ["article", "seen"]}),
            (_("The request"), {"fields": request_fields, **fold}),
            *answer,
            (_("What readers get"), {"fields": ["kind", "text", "before", "after", *when]}),
        ]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        stage = obj.stage if obj else None
        context["standing"] = {
            "stage": stage,
            "due": obj and obj.due_on,
            "left": left(obj.days_left) if obj and obj.due_on else "",
            "is_late": bool(obj and obj.due_on and obj.days_left < 0),
            "days": {"answer": ANSWER_DAYS, "publish": PUBLISH_DAYS},
            "may_accept": stage in (Stage.WAITING, Stage.REFUSED),
            "may_refuse": stage in (Stage.WAITING, Stage.ACCEPTED),
            "may_publish": stage not in (Stage.PUBLISHED, Stage.REFUSED),
        }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def save_model(self, request, obj, form, change):
        """Save, with the answer that the step gives to the request."""
        step = form.step
        answer = {"accept": True, "refuse": False}.get(step, obj.is_accepted)
        if step == "publish" and obj.requested_at:
            answer = True
        if answer != obj.is_accepted:
            obj.is_accepted, obj.decided_at = answer, timezone.now()
        if step != "save":
            obj.handled_by = request.user
        obj.save()
        if obj.published_at:
            indexnow.announce(obj.article, obj.published_at)
        self.message_user(request, DONE[step])

    def log_change(self, request, obj, message):
        step = request.POST.get("do")
        said = str(DONE[step]) if step in DONE and step != "save" else message
        return super().log_change(request, obj, said)

    def response_add(self, request, obj, post_url_continue=None):
        return redirect("admin:articles_correction_change", obj.pk)

    def response_change(self, request, obj):
        return redirect("admin:articles_correction_change", obj.pk)


def left(days):
    """Return how many days are left, in words."""
    if days == 0:
        return _("until today")
    if days > 0:
        return ngettext("%d day left", "%d days left", days) % days
    return ngettext("%d day late", "%d days late", -days) % -days
