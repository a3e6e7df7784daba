"""The list of articles: what it shows, by what it is filtered, and that it stays quick."""

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ActionForm
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from articles.flow import REASON_LENGTH, SCHEDULED
from articles.models import Article
from newsroom.paging import whole_number

State = Article.State


class StageFilter(admin.SimpleListFilter):
    """By where an article stands on its way to the readers."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return [
            (State.DRAFT, State.DRAFT.label),
            (State.REVIEW, State.REVIEW.label),
            (SCHEDULED, _("scheduled")),
            (State.PUBLISHED, State.PUBLISHED.label),
            ("changed", _("published, with changes that readers do not see yet")),
            (State.WITHDRAWN, State.WITHDRAWN.label),
        ]

    def queryset(self, request, queryset):
        now, stage = timezone.now(), self.value()
        if stage == SCHEDULED:
            return queryset.in_state(State.PUBLISHED).filter(published_at__gt=now)
        if stage == State.PUBLISHED:
            return queryset.published(now)
        if stage == "changed":
            return queryset.changed()
        return queryset.in_state(stage) if stage in State.values else queryset


class ResponsibleFilter(admin.SimpleListFilter):
    """By who sees to it that an article gets on."""

    title = _("responsible")
    parameter_name = "responsible"

    def lookups(self, request, model_admin):
        accounts = get_user_model().objects.filter(is_staff=True, is_active=True)
        accounts = accounts.exclude(pk=request.user.pk)
        names = sorted((str(account), account.pk) for account in accounts)
        others = [(str(pk), name) for name, pk in names]
        return [("me", _("me")), ("nobody", _("nobody")), *others]

    def queryset(self, request, queryset):
        if self.value() == "nobody":
            unpublished = Article.objects.unpublished().exclude(state=State.WITHDRAWN).order_by()
            return queryset.filter(responsible=None, pk__in=unpublished.values("pk"))
        if not self.value():
            return queryset
        account = request.user.pk if self.value() == "me" else whole_number(self.value())
        return queryset.among(Article.objects.filter(responsible=account))


class ArticleActionForm(ActionForm):
    """What is to be done with the selected articles, and why if readers are to be told."""

    reason = forms.CharField(
        label=_("reason for withdrawal"), required=False, max_length=REASON_LENGTH
    )
    anyway = forms.BooleanField(label=_("publish despite warnings"), required=False)
