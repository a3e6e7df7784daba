"""The moderators' desk. Every decision goes through `comments.moderation`."""

from datetime import timedelta

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from authors.admin import DeskAdmin
from comments import desk, moderation
from comments.models import Ban, Comment, ModerationEvent, RefusalReason, Signal
from comments.queue import (
    FIRST_VIEW,
    IN_ORDER,
    VIEWS,
    QueueList,
    QueuePages,
    look_around,
    make_cards,
)
from comments.sources import email_digest
from newsroom.paging import whole_number

State = Comment.State
CARDS_A_PAGE = 30
BULK = 2000  # comments that one step decides on; pressing again goes on
REPLIES = 50  # answers shown on a comment's own page


class StateFilter(admin.SimpleListFilter):
    """The views of the list; at first whatever waits for a moderator."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [(name, label) for name, (label, _filter) in VIEWS.items()]

    def value(self):
        value = super().value()
        return value if value in VIEWS else FIRST_VIEW

    def queryset(self, request, queryset):
        return queryset.filter(VIEWS[self.value()][1])

    def choices(self, changelist):
        return list(super().choices(changelist))[1:]  # without Django's own “All”


class RuleFilter(admin.SimpleListFilter):
    """By what speaks against a comment: of all that wait, or of the latest of any others."""

    title = _("what speaks against it")
    parameter_name = "rule"

    def lookups(self, request, model_admin):
        return Signal.Rule.choices

    def queryset(self, request, queryset):
        if self.value() not in Signal.Rule.values:
            return queryset
        signals = Signal.objects.filter(rule=self.value())
        if is_in_order(request):
            return queryset.filter(Exists(signals.filter(comment=OuterRef("pk"))))
        latest = signals.order_by("-comment").values("comment")
        return queryset.filter(pk__in=latest[: CommentAdmin.searched])


def is_in_order(request):
    """Return whether the list is one of those that wait, the oldest first."""
    state = request.GET.get("state", FIRST_VIEW)
    return state in IN_ORDER or state not in VIEWS


class ArticleFilter(admin.SimpleListFilter):
    """By article: cards link here. Offered only while it is chosen."""

    title = _("article")
    parameter_name = "article"

    def lookups(self, request, model_admin):
        number = request.GET.get(self.parameter_name)
        return [(number, number)] if number else []

    def queryset(self, request, queryset):
        return queryset.filter(article=whole_number(self.value())) if self.value() else queryset

    def choices(self, changelist):
        everything, chosen = super().choices(changelist)
        cards = changelist.cards
        chosen["display"] = cards[0].comment.article.headline if cards else f"#{self.value()}"
        return [everything, chosen]


@admin.register(Comment)
class CommentAdmin(DeskAdmin):
    """Comments to decide on, each a card with its buttons. Their words are the readers'."""

    list_display = ["__str__"]
    list_filter = [StateFilter, RuleFilter, ArticleFilter]
    list_per_page = CARDS_A_PAGE
    paginator = QueuePages
    search_fields = ["text", "author_name", "article__headline"]
    sortable_by = ()
    actions = ["approve", "reject", "mark_spam", "trash", "keep"]
    view_on_site = False

    def get_changelist(self, request, **kwargs):
        return QueueList

    def get_ordering(self, request):
        return ["queued_at", "pk"] if is_in_order(request) else ["-pk"]

    def get_queryset(self, request):
        comments = super().get_queryset(request)
        comments = comments.select_related("article", "parent", "refusal")
        article = ("body", "body_html", "body_text", "summary", "lead")
        return comments.defer(*(f"article__{name}" for name in article))

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        """The list may be acted upon; nobody rewrites a comment."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False

    # The list

    def changelist_view(self, request, extra_context=None):
        if request.method == "POST" and "do" in request.POST:
            return self.act(request)
        context = {"title": _("Conversation"), **(extra_context or {})}
        return super().changelist_view(request, context)

    def act(self, request):
        """Carry out the pressed button of a card, or take a step back."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        name, _colon, rest = request.POST["do"].partition(":")
        if name == "undo":
            return self.take_back(request, rest)
        pk, _colon, argument = rest.partition(":")
        comment = self.get_queryset(request).filter(pk=whole_number(pk)).first()
        if comment is None or name not in desk.ACTIONS:
            outcome = desk.Outcome(_("This comment is not there any more."), is_warning=True)
            return self.answer(request, outcome, [])
        order = desk.Order(comment, request.user, argument, request.POST)
        outcome = desk.carry_out(name, order)
        return self.answer(request, outcome, [comment.pk], following(request.POST, comment.pk))

    def take_back(self, request, batch):
        """Undo the last step, one comment's or many's."""
        log = ModerationEvent.objects.filter(batch=batch).exclude(batch="")
        events = moderation.undo(list(log.select_related("comment")), request.user)
        if events:
            number = len(events)
            text = ngettext("%d step taken back.", "%d steps taken back.", number) % number
            outcome = desk.Outcome(text)
        else:
            text = _("This can no longer be taken back: something else was done since.")
            outcome = desk.Outcome(text, is_warning=True)
        pks = [event.comment_id for event in events[:CARDS_A_PAGE]]
        return self.answer(request, outcome, pks, pks[0] if len(events) == 1 else None)

    def answer(self, request, outcome, pks, anchor=None):
        """Tell what was done: in place to the script, else on the page that was left.

        Nothing of a revealed e-mail goes into a message, which a cookie may carry. What was typed
        in vain comes back on the comment's own page.
        """
        if request.headers.get("X-Requested-With") == "fetch":
            return self.answer_in_place(request, outcome, pks)
        back = whole_number(request.POST.get("back", ""))
        if outcome.email is not None or outcome.typed:
            return self.comment_page(request, pks[0], outcome)
        self.say(request, outcome)
        if back > 0:
            return redirect("admin:comments_comment_change", back)
        place = f"#comment-{anchor}" if anchor else ""
        return redirect(request.get_full_path() + place)

    def answer_in_place(self, request, outcome, pks):
        around = look_around(Comment.objects.none())
        comments = {c.pk: c for c in self.get_queryset(request).filter(pk__in=pks)}
        rows = [comments[pk] for pk in pks if pk in comments]
        cards = make_cards(rows, request.user, around.reasons)
        for card in cards[:1]:
            card.said, card.is_warning = outcome.text, outcome.is_warning
            card.typed, card.batch, card.email = outcome.typed, outcome.batch, outcome.email
            card.is_done = outcome.is_decision
        context = {"cards": cards, "counts": around.views(), "outcome": outcome}
        return render(request, "admin/comments/comment/_answer.html", context)

    def say(self, request, outcome):
        """Show the outcome on the next page, with a button that takes it back."""
        text = outcome.text
        if outcome.batch:
            text = format_html(
                '{} <button type="submit" class="undo" form="changelist-form" name="do"'
                ' value="undo:{}" data-undo>{}</button>',
                *(text, outcome.batch, _("Undo")),
            )
        level = messages.WARNING if outcome.is_warning else messages.SUCCESS
        self.message_user(request, text, level)

    # Many at once

    @admin.action(description=_("Approve"), permissions=["change"])
    def approve(self, request, queryset):
        self.decide(request, queryset, State.APPROVED)

    @admin.action(description=_("Refuse"), permissions=["change"])
    def reject(self, request, queryset):
        number = whole_number(request.POST.get("bulk-reason", ""))
        reason = RefusalReason.objects.filter(pk=number, is_active=True).first()
        self.decide(request, queryset, State.REJECTED, reason=reason)

    @admin.action(description=_("Spam"), permissions=["change"])
    def mark_spam(self, request, queryset):
        self.decide(request, queryset, State.SPAM)

    @admin.action(description=_("Trash"), permissions=["change"])
    def trash(self, request, queryset):
        self.decide(request, queryset, State.TRASHED)

    @admin.action(description=_("Leave as it is"), permissions=["change"])
    def keep(self, request, queryset):
        self.bulk(request, queryset, _("left as it is"), moderation.keep)

    def decide(self, request, queryset, state, **why):
        def work(comments, moderator, **more):
            return moderation.decide(comments, state, moderator, **why, **more)

        self.bulk(request, queryset, state.label, work)

    def bulk(self, request, queryset, label, work):
        """Do `work` on the chosen comments in one step, and tell how many others changed first."""
        rows = list(queryset.select_related(None)[: BULK + 1])
        comments, has_more = rows[:BULK], len(rows) > BULK
        posted = seen_in(request.POST)
        seen = {c.pk: posted.get(c.pk) or moderation.version(c) for c in comments}
        events = work(comments, request.user, seen=seen)
        number = len(events)
        if events:
            text = ngettext(
                "%(number)d comment: %(state)s.", "%(number)d comments: %(state)s.", number
            )
            text %= {"number": number, "state": label}
            if has_more:
                text += " " + _("More of them match; press again to go on.")
            self.say(request, desk.Outcome(text, batch=events[0].batch))
        wanted = {comment.pk for comment in comments}
        if request.POST.get("select_across") not in ("1", "on"):
            chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
            wanted |= {whole_number(pk) for pk in chosen} - {0}
        left = wanted - {event.comment_id for event in events}
        if left:
            self.tell_of_others(request, left)
        elif not events:
            self.message_user(request, _("Choose comments first."), messages.WARNING)

    def tell_of_others(self, request, pks):
        """Say which of the chosen comments were left alone, and who was faster."""
        recent = ModerationEvent.objects.filter(
            comment__in=pks, created_at__gt=timezone.now() - timedelta(hours=1)
        )
        others = recent.exclude(moderator=None).exclude(moderator=request.user)
        names = sorted(set(others.order_by().values_list("moderator__username", flat=True)))
        if names:
            text = ngettext(
                "Nothing changed for %(number)d comment: %(who)s was faster.",
                "Nothing changed for %(number)d comments: %(who)s was faster.",
                len(pks),
            )
        else:
            text = ngettext(
                "Nothing changed for %(number)d comment: it is decided on already.",
                "Nothing changed for %(number)d comments: they are decided on already.",
                len(pks),
            )
        text %= {"number": len(pks), "who": ", ".join(names)}
        self.message_user(request, text, messages.WARNING)

    # One comment

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """A comment's own page: its card, what stands around it, all that was done with it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            raise PermissionDenied  # nobody rewrites a comment; its buttons post to the list
        return self.comment_page(request, unquote(object_id))

    def comment_page(self, request, pk, outcome=None):
        comment = self.get_queryset(request).filter(pk=whole_number(str(pk))).first()
        if comment is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(pk))
        reasons = RefusalReason.objects.filter(is_active=True).values_list("pk", "name")
        [card] = make_cards([comment], request.user, list(reasons))
        if outcome:
            card.said, card.is_warning = outcome.text, outcome.is_warning
            card.typed, card.email = outcome.typed, outcome.email
        replies = Comment.objects.filter(root=comment.root_id, path__startswith=comment.path)
        replies = replies.exclude(pk=comment.pk).order_by("path").defer("article")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Comment #%d") % comment.pk,
            "opts": self.opts,
            "card": card,
            "replies": replies[:REPLIES],
            "log": comment.events.select_related("moderator"),
            "has_view_permission": True,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/comments/comment/page.html", context)


def seen_in(data):
    """Return what a page showed of its comments: primary keys to versions, in its order."""
    return {
        whole_number(name.removeprefix("seen-")): data[name].partition("-")[0]
        for name in data
        if name.startswith("seen-")
    }


def following(data, pk):
    """Return the comment that stood after `pk` on the page, or before it if it was the last."""
    pks = list(seen_in(data))
    if pk not in pks:
        return None
    place = pks.index(pk)
    return (pks[place + 1 : place + 2] or pks[place - 1 : place] or [None])[0]


class ModeratorFilter(admin.RelatedFieldListFilter):
    """By who decided: accounts that did, each looked up by itself and not in the whole log."""

    def field_choices(self, field, request, model_admin):
        decisions = ModerationEvent.objects.filter(moderator=OuterRef("pk")).order_by()
        accounts = get_user_model().objects.filter(Exists(decisions)).order_by("username")
        return [(account.pk, str(account)) for account in accounts]


@admin.register(ModerationEvent)
class ModerationEventAdmin(DeskAdmin):
    """The log: to be read, by nobody to be changed."""

    list_display = ["created_at", "who", "what", "on_comment", "reason", "note"]
    list_display_links = None
    list_filter = ["action", "after", ("moderator", ModeratorFilter)]
    list_select_related = ["moderator", "comment"]
    search_fields = ["reason", "note", "moderator__username"]
    sortable_by = ()

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """An entry is read in the list, or on its comment's page."""
        if not self.has_view_permission(request) or request.method == "POST":
            raise PermissionDenied
        event = self.get_object(request, unquote(object_id))
        if event is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return redirect("admin:comments_comment_change", event.comment_id)

    @admin.display(description=_("moderator"))
    def who(self, event):
        return event.moderator or "–"

    @admin.display(description=_("what"))
    def what(self, event):
        text = event.get_action_display()
        if event.before == event.after:
            return text
        return f"{text}: {event.get_before_display()} → {event.get_after_display()}"

    @admin.display(description=_("comment"))
    def on_comment(self, event):
        address = reverse("admin:comments_comment_change", args=[event.comment_id])
        return format_html('<a href="{}">#{}</a>', address, event.comment_id)


class BanForm(forms.ModelForm):
    """A ban. The e-mail is hashed as it is saved and kept nowhere."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("Kept as a hash only: nobody can read it here later."),
    )

    def clean_email(self):
        digest = email_digest(self.cleaned_data["email"])
        if Ban.objects.filter(digest=digest).exists():
            raise forms.ValidationError(_("This e-mail is banned already."))
        self.instance.digest = digest
        return ""


@admin.register(Ban)
class BanAdmin(DeskAdmin):
    """Writers whose comments are held. No address is shown; deleting a ban lifts it."""

    list_display = ["__str__", "note", "moderator", "created_at", "expires_at", "is_in_force"]
    list_filter = ["kind"]
    list_select_related = ["moderator"]
    search_fields = ["note"]
    readonly_fields = ["kind", "moderator", "created_at"]
    view_on_site = False

    def get_form(self, request, obj=None, **kwargs):
        return super().get_form(request, obj, **(kwargs if obj else {**kwargs, "form": BanForm}))

    def get_fields(self, request, obj=None):
        if obj is None:
            return ["email", "note", "expires_at"]
        return ["kind", "note", "moderator", "created_at", "expires_at"]

    def save_model(self, request, obj, form, change):
        if not change:
            obj.kind, obj.moderator = Ban.Kind.EMAIL, request.user
        super().save_model(request, obj, form, change)

    @admin.display(description=_("in force"), boolean=True)
    def is_in_force(self, ban):
        return ban.expires_at is None or ban.expires_at > timezone.now()


@admin.register(RefusalReason)
class RefusalReasonAdmin(DeskAdmin):
    """Why comments are refused. A reason that is no longer wanted is not offered any more,
    since the writers whom it was given still read its text.
    """

    list_display = ["name", "text", "position", "is_active"]
    list_editable = ["position", "is_active"]
    search_fields = ["name", "text"]

    def has_delete_permission(self, request, obj=None):
        return False


from comments import admin_words  # noqa: E402, F401 - the word list has a module of its own
