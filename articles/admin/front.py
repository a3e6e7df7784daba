"""The layout of the front page: which articles stand at its top, in which order, for how long.

One form holds all places in the order in which they are sent. A button that moves, adds or
removes draws the page anew from what the form holds; nothing changes for readers until it is
saved. With a script the same happens in place.
"""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from articles import flow
from articles.models import Article, Placement
from authors.admin import DeskAdmin
from newsroom.paging import whole_number
from newsroom.templatetags.newsroom import stamp
from newsroom.text import clean

FOUND = 10  # articles that a search offers
MOST_PLACES = 30
MOMENT = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")


class PlaceForm(forms.Form):
    """From when until when an article has its place."""

    starts_at = forms.DateTimeField(label=gettext_lazy("From"), required=False, widget=MOMENT)
    ends_at = forms.DateTimeField(label=gettext_lazy("Until"), required=False, widget=MOMENT)

    def clean(self):
        super().clean()
        starts_at, ends_at = self.cleaned_data.get("starts_at"), self.cleaned_data.get("ends_at")
        if "starts_at" not in self.errors and starts_at is None:
            starts_at = self.cleaned_data["starts_at"] = timezone.now()
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", _("It has to end after it begins."))


class Place:
    """An article with its place, as the page shows it and the form holds it."""

    def __init__(self, article, data=None, placement=None):
        self.article = article
        prefix = f"place-{article.pk}"
        if data is not None and f"{prefix}-starts_at" in data:
            self.form = PlaceForm(data, prefix=prefix)
        else:
            starts_at = placement.starts_at if placement else timezone.now()
            ends_at = placement.ends_at if placement else None
            initial = {"starts_at": starts_at, "ends_at": ends_at}
            self.form = PlaceForm(prefix=prefix, initial=initial)

    @property
    def times(self):
        """From when until when, as far as the form can be read."""
        if not self.form.is_bound:
            return self.form.initial["starts_at"], self.form.initial["ends_at"]
        self.form.is_valid()
        cleaned = self.form.cleaned_data
        return cleaned.get("starts_at") or timezone.now(), cleaned.get("ends_at")

    @property
    def is_due(self):
        """Whether readers would see the article at this place now."""
        return self.article.is_published and self.is_time

    @property
    def is_time(self):
        starts_at, ends_at = self.times
        now = timezone.now()
        return starts_at <= now and (ends_at is None or ends_at > now)

    @property
    def state(self):
        """Why readers see it there now, or why not."""
        starts_at, ends_at = self.times
        now = timezone.now()
        if self.article.state != Article.State.PUBLISHED:
            return _("not shown: %s") % self.article.get_state_display()
        if ends_at and ends_at <= now:
            return _("over")
        if not self.article.is_published:
            return _("from its publication on, %s") % stamp(self.article.published_at)
        if starts_at > now:
            return _("from %s on") % stamp(starts_at)
        return _("until %s") % stamp(ends_at) if ends_at else _("on the front page")


def places_kept():
    """Return the places as they are kept, without those that are over."""
    now = timezone.now()
    kept = [p for p in Placement.objects.all() if p.ends_at is None or p.ends_at > now]
    cards = Article.objects.for_cards("state").in_bulk([p.article_id for p in kept])
    return [Place(cards[p.article_id], placement=p) for p in kept]


def places_sent(data):
    """Return the places that the form holds, in its order; what is no article is left out."""
    keys = dict.fromkeys(whole_number(key) for key in data.getlist("place"))
    cards = Article.objects.for_cards("state").in_bulk([*keys][:MOST_PLACES])
    return [Place(cards[key], data) for key in keys if key in cards]


def candidates(places, words=""):
    """Return articles that may get a place: public ones, or going to be; the newest first."""
    articles = Article.objects.in_state(Article.State.PUBLISHED)
    for word in clean(words).split()[:5]:
        articles = articles.filter(headline__icontains=word)
    articles = articles.exclude(pk__in=[place.article.pk for place in places])
    return articles.for_cards("state").latest_first()


def rearranged(places, wish, key):
    """Return the places as they stand after the button `wish` of the article `key`."""
    at = next((n for n, place in enumerate(places) if place.article.pk == key), None)
    if wish == "add" and at is None and len(places) < MOST_PLACES:
        article = candidates(places).filter(pk=key).first()
        return [*places, Place(article)] if article else places
    if at is None or wish not in ("up", "down", "top", "remove"):
        return places
    place, others = places[at], [*places[:at], *places[at + 1 :]]
    if wish == "remove":
        return others
    to = {"up": max(at - 1, 0), "down": at + 1, "top": 0}[wish]
    return [*others[:to], place, *others[to:]]


def fingerprint():
    """Return what tells one kept layout from another."""
    rows = Placement.objects.values_list("article", "position", "starts_at", "ends_at")
    return salted_hmac("front", repr(list(rows))).hexdigest()[:16]


@transaction.atomic
def lay_out(places, user, base):
    """Keep the places as they are given; not if they are others than in `base` by now."""
    kind = ContentType.objects.get_for_model(Placement)
    list(ContentType.objects.select_for_update().filter(pk=kind.pk))  # one editor at a time
    if fingerprint() != base:
        return False
    Placement.objects.exclude(article__in=[place.article.pk for place in places]).delete()
    for position, place in enumerate(places):
        starts_at, ends_at = place.times
        Placement.objects.update_or_create(
            article=place.article,
            defaults={"position": position, "starts_at": starts_at, "ends_at": ends_at},
        )
    names = [f"{number}. {place.article.headline}" for number, place in enumerate(places, 1)]
    LogEntry.objects.create(
        user=user,
        content_type=kind,
        object_repr=str(Placement._meta.verbose_name_plural),
        action_flag=CHANGE,
        change_message=", ".join(names),
    )
    return True


@admin.register(Placement)
class FrontAdmin(DeskAdmin):
    """One page for all places at once."""

    def has_view_permission(self, request, obj=None):
        return flow.may(request.user, "place")

    has_change_permission = has_view_permission

    def has_module_permission(self, request):
        return flow.may(request.user, "place")

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return redirect("admin:articles_placement_changelist")

    def changelist_view(self, request, extra_context=None):
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self.page(request, places_kept(), fingerprint())
        places = places_sent(request.POST)
        wish, _colon, key = request.POST.get("do", "").partition(":")
        if wish == "save":
            return self.save(request, places)
        places = rearranged(places, wish, whole_number(key))
        return self.page(request, places, request.POST.get("base", ""))

    def save(self, request, places):
        base = request.POST.get("base", "")
        if not all(place.form.is_valid() for place in places if place.form.is_bound):
            return self.page(request, places, base)
        if not lay_out(places, request.user, base):
            text = _(
                "Somebody else has laid out the front page meanwhile. Yours is still here and not"
                " saved: look at both, then save again to put yours in its place."
            )
            self.message_user(request, text, messages.WARNING)
            return self.page(request, places, fingerprint(), others=places_kept())
        self.message_user(request, _("The front page is laid out like this now."))
        return redirect("admin:articles_placement_changelist")

    def page(self, request, places, base, others=()):
        words = request.POST.get("q", "")[:100]
        request.current_app = self.admin_site.name
        context = {
            **self.admin_site.each_context(request),
            "title": self.opts.verbose_name_plural,
            "opts": self.opts,
            "places": places,
            "others": others,
            "base": base,
            "q": words,
            "found": candidates(places, words)[:FOUND],
        }
        return TemplateResponse(request, "admin/articles/placement/front.html", context)
