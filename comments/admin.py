"""The moderators' desk. Every decision goes through `comments.moderation`."""

from django.contrib import admin, messages
from django.urls import reverse
from django.utils.formats import localize
from django.utils.html import format_html, format_html_join
from django.utils.text import Truncator
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from authors.admin import DeskAdmin
from comments import moderation
from comments.models import Comment
from comments.querysets import CommentQuerySet


class StateFilter(admin.SimpleListFilter):
    """The states of comments; at first those that wait for a decision."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [*Comment.State.choices, ("all", _("all"))]

    def value(self):
        return super().value() or Comment.State.PENDING

    def queryset(self, request, queryset: CommentQuerySet):
        return queryset if self.value() == "all" else queryset.filter(state=self.value())

    def choices(self, changelist):
        return list(super().choices(changelist))[1:]  # without Django's own “All”


@admin.register(Comment)
class CommentAdmin(DeskAdmin):
    """Comments to decide on, the oldest first. Their words are the readers' and stay."""

    list_display = ["words", "author_name", "created_at", "state"]
    list_display_links = ["created_at"]
    list_filter = [StateFilter]
    ordering = ["pk"]
    search_fields = ["text", "author_name", "article__headline"]
    actions = ["approve", "reject", "mark_spam", "trash"]
    view_on_site = False
    fields = [
        *("text", "author_name", "staff", "created_at", "state"),
        *("on_article", "place", "decisions"),
    ]
    readonly_fields = fields

    def get_queryset(self, request):
        comments = super().get_queryset(request).select_related("article", "parent", "staff")
        return comments.defer("article__body", "article__body_html", "article__body_text")

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        """The list may be acted upon; one comment is only looked at."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request, obj=None):
        return False

    @admin.display(description=_("comment"))
    def words(self, comment):
        above = self.answered(comment) if comment.parent else ""
        text = Truncator(comment.text).chars(600)
        return format_html(
            '<div class="words">{}</div><div class="quiet">{} {}</div>',
            *(text, self.on_article(comment), above),
        )

    @admin.display(description=_("article"))
    def on_article(self, comment):
        address = reverse("articles:short", args=[comment.article_id])
        return format_html('<a href="{}">{}</a>', address, comment.article)

    def answered(self, comment):
        """The comment that this one answers, as a link with its first words."""
        return format_html(
            '↳ <a href="{}">#{} {}</a>',
            reverse("admin:comments_comment_change", args=[comment.parent_id]),
            comment.parent_id,
            Truncator(f"{comment.parent.author_name}: {comment.parent.text}").chars(80),
        )

    @admin.display(description=_("place in the thread"))
    def place(self, comment):
        above = self.answered(comment) if comment.parent else _("begins a thread")
        number = format_html("#{}", comment.pk)
        if comment.is_visible:
            number = format_html('<a href="{}">{}</a>', comment.get_absolute_url(), number)
        level = _("level %(level)d, %(replies)d visible replies") % {
            "level": comment.depth + 1,
            "replies": comment.reply_count,
        }
        return format_html("{} · {} · {}", number, level, above)

    @admin.display(description=_("decisions"))
    def decisions(self, comment):
        """Who decided what and when, the latest first."""
        rows = (
            (
                localize(localtime(event.created_at)),
                event.moderator or _("the system"),
                event.get_before_display(),
                event.get_after_display(),
            )
            for event in comment.events.select_related("moderator")
        )
        lines = format_html_join("", "<li>{} · {}: {} → {}</li>", rows)
        return format_html('<ul class="decisions">{}</ul>', lines) if lines else _("none yet")

    @admin.action(description=_("Approve the selected comments"), permissions=["change"])
    def approve(self, request, queryset):
        self.decide(request, queryset, moderation.approve, Comment.State.APPROVED)

    @admin.action(description=_("Reject the selected comments"), permissions=["change"])
    def reject(self, request, queryset):
        self.decide(request, queryset, moderation.reject, Comment.State.REJECTED)

    @admin.action(description=_("Mark the selected comments as spam"), permissions=["change"])
    def mark_spam(self, request, queryset):
        self.decide(request, queryset, moderation.mark_spam, Comment.State.SPAM)

    @admin.action(description=_("Move the selected comments to the trash"), permissions=["change"])
    def trash(self, request, queryset):
        self.decide(request, queryset, moderation.trash, Comment.State.TRASHED)

    def decide(self, request, queryset, decision, state):
        """Apply `decision` to each comment and say how many it changed.

        What its author took back is not ours to bring back.
        """
        comments = queryset.exclude(state=Comment.State.DELETED)
        number = sum(decision(comment, request.user) for comment in comments)
        text, level = _("Nothing changed: these comments are decided on already."), messages.WARNING
        if number:
            text, level = (
                ngettext(
                    "%(number)d comment: %(state)s.", "%(number)d comments: %(state)s.", number
                ),
                messages.SUCCESS,
            )
            text %= {"number": number, "state": state.label}
        self.message_user(request, text, level)
