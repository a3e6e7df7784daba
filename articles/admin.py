"""The editors' desk: articles, the picture library, sections, pages and old addresses."""

from urllib.parse import unquote

import taggit.admin
import taggit.models
from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.views.main import ChangeList
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from taggit.forms import TagField

from articles.body import PHOTO
from articles.middleware import normal_path
from articles.models import (
    Article,
    Byline,
    Correction,
    OldAddress,
    Page,
    Photo,
    Section,
    Series,
    Tag,
)
from authors.admin import AddressAdmin, DeskAdmin
from newsroom import pictures
from newsroom.html import sanitise
from newsroom.text import clean, one_line

BODY_MAX_BYTES = 2**20
State = Article.State


class CommaTagField(TagField):
    """Tags parted by commas alone, so that one tag of two words stays one."""

    def clean(self, value):
        return super().clean(f"{value}," if value and value.strip() else value)


class ArticleForm(forms.ModelForm):
    """An article as editors write it; says in words what the database would refuse."""

    body = forms.CharField(
        label=_("body"),
        required=False,
        widget=forms.Textarea({"rows": 30}),
        help_text=_(
            "HTML: &lt;p&gt;, &lt;h2&gt;, &lt;blockquote&gt;, lists, tables, links. A photo of"
            ' the library: <code>&lt;figure data-photo="12"&gt;&lt;/figure&gt;</code>; a'
            ' video: <code>&lt;figure data-embed="URL"&gt;&lt;/figure&gt;</code>; either may'
            " hold a <code>&lt;figcaption&gt;</code>. Anything else is removed."
        ),
    )
    tags = CommaTagField(label=_("tags"), required=False, help_text=_("Separated by commas."))
    is_small_change = forms.BooleanField(
        label=_("small change, do not show as revised"), required=False
    )

    def clean_body(self):
        body = sanitise(clean(self.cleaned_data["body"]))
        if len(body.encode()) > BODY_MAX_BYTES:
            raise forms.ValidationError(_("The text is too long: at most 1 MB can be kept."))
        return body

    def clean(self):
        super().clean()
        state, now = self.cleaned_data.get("state"), timezone.now().replace(microsecond=0)
        if state == State.PUBLISHED and "published_at" not in self.errors:
            self.cleaned_data["published_at"] = self.cleaned_data["published_at"] or now
        self.check_public(state, now)
        if state == State.WITHDRAWN and not self.cleaned_data.get("withdrawal_reason"):
            self.add_error("withdrawal_reason", _("Tell the readers why it is withdrawn."))
        is_withdrawn = state == State.WITHDRAWN
        self.instance.withdrawn_at = (self.instance.withdrawn_at or now) if is_withdrawn else None
        if self.is_rewritten() and not self.cleaned_data.get("is_small_change"):
            self.instance.revised_at = now

    def check_public(self, state, now):
        """Refuse to hide what readers have seen, and to withdraw what they have not."""
        time = self.cleaned_data.get("published_at")
        was_public = self.instance.has_been_public
        is_past = time is not None and time <= now
        if state == State.WITHDRAWN and not is_past:
            text = _("Only what readers have seen is withdrawn: it needs a time in the past.")
            self.add_error("published_at", text)
        elif was_public and state in (State.DRAFT, State.REVIEW):
            self.add_error("state", _("Readers have seen this article. Withdraw it instead."))
        elif was_public and not is_past and "published_at" not in self.errors:
            text = _("Readers have seen this article: its time cannot lie in the future.")
            self.add_error("published_at", text)

    def is_rewritten(self):
        """Whether readers would get other words than they have had."""
        return self.instance.is_published and any(
            one_line(self.cleaned_data.get(name) or "") != one_line(getattr(self.instance, name))
            for name in ("headline", "subtitle", "lead", "body")
        )


class ArticleActionForm(ActionForm):
    """What is to be done with the selected articles, and why if readers are to be told."""

    reason = forms.CharField(label=_("reason for withdrawal"), required=False, max_length=300)


class ArticleList(ChangeList):
    """The rows of the list: without the long texts, with the authors."""

    def get_queryset(self, *args, **kwargs):
        articles = super().get_queryset(*args, **kwargs)
        articles = articles.defer("body", "body_html", "body_text")
        return articles.prefetch_related("bylines__author")


class BylineInline(admin.TabularInline):
    model = Byline
    autocomplete_fields = ["author"]
    extra = 1


class CorrectionInline(admin.StackedInline):
    model = Correction
    extra = 0


@admin.register(Article)
class ArticleAdmin(DeskAdmin):
    """Where articles are written, published, corrected and withdrawn."""

    form = ArticleForm
    action_form = ArticleActionForm
    actions = ["publish_now", "withdraw"]
    list_display = [
        *("headline", "section", "written_by", "stage", "published_at", "comment_count")
    ]
    list_filter = ["state", "section", "series"]
    list_select_related = ["section"]
    date_hierarchy = "published_at"
    search_fields = ["headline", "subtitle", "body_text"]
    autocomplete_fields = ["section", "series", "hero"]
    inlines = [BylineInline, CorrectionInline]
    view_on_site = False
    save_on_top = True
    readonly_fields = ["revised_at", "withdrawn_at", "public_address"]
    fieldsets = [
        (None, {"fields": ["headline", "subtitle", "lead", "body"]}),
        (_("Picture"), {"fields": ["hero", "hero_caption"]}),
        (_("Place"), {"fields": ["section", "tags", ("series", "series_position"), "priority"]}),
        (
            _("Publication"),
            {
                "fields": [
                    *("state", "published_at", "slug", "public_address", "is_small_change"),
                    *("revised_at", "withdrawal_reason", "withdrawn_at"),
                ]
            },
        ),
        (_("For readers"), {"fields": ["comment_policy", "ai_assistance"]}),
    ]

    def get_changelist(self, request, **kwargs):
        return ArticleList

    def has_delete_permission(self, request, obj=None):
        """Drafts may be deleted; what is or was public is withdrawn instead."""
        is_draft = obj is None or obj.state in (State.DRAFT, State.REVIEW)
        return is_draft and super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs, request):
        """Name the articles that are not deleted, and what to do instead."""
        deleted, counts, perms, protected = super().get_deleted_objects(objs, request)
        kept = [article for article in objs if not self.has_delete_permission(request, article)]
        text = _("“%s”: readers were shown it, or will be. Withdraw it instead.")
        protected += [text % article for article in kept]
        return deleted, counts, perms - {self.opts.verbose_name}, protected

    def save_related(self, request, form, formsets, change):
        """Save the bylines and corrections; tell of photos in the text that do not exist."""
        super().save_related(request, form, formsets, change)
        article = form.instance
        photos = set(article.photos.values_list("pk", flat=True))
        for number in sorted({int(number) for number in PHOTO.findall(article.body)} - photos):
            text = _("There is no photo %d in the library; readers do not see it.") % number
            self.message_user(request, text, messages.WARNING)

    @admin.display(description=_("authors"))
    def written_by(self, article):
        return ", ".join(author.name for author in article.byline_authors)

    @admin.display(description=_("state"), ordering="state")
    def stage(self, article):
        is_waiting = article.state == State.PUBLISHED and not article.is_published
        return _("scheduled") if is_waiting else article.get_state_display()

    @admin.display(description=_("public address"))
    def public_address(self, article):
        if not article.pk:
            return _("It gets one when it is saved.")
        address = article.get_absolute_url()
        if article.has_been_public:
            return format_html('<a href="{}">{}</a>', address, unquote(address))
        return _("%s (not public yet)") % unquote(address)

    @admin.action(description=_("Publish the selected articles now"), permissions=["change"])
    def publish_now(self, request, queryset):
        now = timezone.now()
        waiting = [article for article in queryset if not article.is_published]
        for article in waiting:
            article.state, article.withdrawn_at = State.PUBLISHED, None
            article.published_at = min(article.published_at or now, now)
            self.change_state(request, article, _("Published through the list."))
        text = ngettext("%d article published.", "%d articles published.", len(waiting))
        self.report(request, text % len(waiting), bool(waiting))

    @admin.action(description=_("Withdraw the selected articles"), permissions=["change"])
    def withdraw(self, request, queryset):
        reason = one_line(request.POST.get("reason", ""))
        if not reason:
            return self.report(request, _("Tell the readers why: write a reason."), False)
        public = [article for article in queryset if article.is_published]
        for article in public:
            article.state, article.withdrawn_at = State.WITHDRAWN, timezone.now()
            article.withdrawal_reason = reason
            self.change_state(request, article, _("Withdrawn through the list."))
        text = ngettext("%d article withdrawn.", "%d articles withdrawn.", len(public))
        self.report(request, text % len(public), bool(public))

    def change_state(self, request, article, note):
        """Save what publishing and withdrawing change, and nothing another may be writing."""
        fields = ["state", "published_at", "withdrawn_at", "withdrawal_reason", "updated_at"]
        article.save(update_fields=fields)
        self.log_change(request, article, str(note))

    def report(self, request, text, succeeded):
        level = messages.SUCCESS if succeeded else messages.WARNING
        self.message_user(request, text, level)


class PhotoForm(forms.ModelForm):
    """A picture with its words; the file is judged before anything is saved."""

    file = forms.FileField(label=_("file"), help_text=_("JPEG, PNG, WebP, AVIF or GIF."))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["file"].required = False
            self.fields["file"].help_text = _("Only to replace the picture, everywhere it stands.")

    def clean_credit(self):
        return self.cleaned_data["credit"].lstrip("ⓒ©Ⓒ ")  # readers get a ⓒ before it anyway

    def _post_clean(self):
        """Draw once the row has its focal point and AI flag: the renditions hang on them."""
        super()._post_clean()
        if self.errors:
            return
        try:
            if file := self.cleaned_data["file"]:
                self.instance.take(file)
            else:
                self.instance.redraw()
        except pictures.Refused as refusal:
            self.add_error("file", str(refusal))
        except OSError as error:
            text = _("The picture could not be stored or read back (%s). Nothing was changed.")
            self.add_error("file", text % error.strerror)


@admin.register(Photo)
class PhotoAdmin(DeskAdmin):
    """The picture library."""

    form = PhotoForm
    list_display = ["thumbnail", "__str__", "mark", "credit", "is_ai_generated", "dimensions"]
    list_display_links = ["thumbnail", "__str__"]
    list_filter = ["is_ai_generated"]
    search_fields = ["alt", "caption", "credit"]
    readonly_fields = ["thumbnail", "mark", "dimensions"]
    fieldsets = [
        (None, {"fields": ["file", "thumbnail", "mark", "dimensions"]}),
        (_("Words"), {"fields": ["alt", "caption", "credit", "licence"]}),
        (_("AI"), {"fields": ["is_ai_generated", "ai_notice"]}),
        (_("Focal point"), {"fields": [("focal_x", "focal_y")]}),
    ]

    def delete_queryset(self, request, queryset):
        for photo in queryset:  # each takes its files and its places in articles along
            photo.delete()

    @admin.display(description=_("picture"))
    def thumbnail(self, photo):
        if not photo.pk:
            return "-"
        address = photo.rendition("full", photo.widths("full")[0])
        return format_html('<img class="thumbnail" src="{}" alt="" loading="lazy">', address)

    @admin.display(description=_("in a text"))
    def mark(self, photo):
        """What an editor copies into an article to show this photo there."""
        number = photo.pk
        return format_html('<code>&lt;figure data-photo="{}"&gt;</code>', number) if number else "-"

    @admin.display(description=_("size"))
    def dimensions(self, photo):
        return f"{photo.width} × {photo.height}" if photo.pk else "-"


@admin.register(Section)
class SectionAdmin(AddressAdmin):
    list_display = ["name", "slug", "position", "is_in_navigation"]
    search_fields = ["name"]


@admin.register(Series)
class SeriesAdmin(AddressAdmin):
    list_display = ["title", "slug"]
    search_fields = ["title"]
    fields = ["title", "slug", "description"]


admin.site.unregister(taggit.models.Tag)  # the library's own, which we do not use


@admin.register(Tag)
class TagAdmin(AddressAdmin):
    list_display = ["name", "slug"]
    search_fields = ["name"]


@admin.register(Page)
class PageAdmin(AddressAdmin):
    list_display = ["title", "slug", "position", "is_in_footer", "is_published"]
    search_fields = ["title", "body"]


class OldAddressForm(forms.ModelForm):
    """An old address in the one form in which it is looked up, and where it leads."""

    class Meta:
        model = OldAddress
        fields = ["path", "article", "target"]

    def clean_path(self):
        return normal_path("/" + unquote(self.cleaned_data["path"]).strip().lstrip("/"))

    def clean_target(self):
        target = self.cleaned_data["target"]
        if target and (not target.startswith("/") or target.startswith(("//", "/\\"))):
            raise forms.ValidationError(_("Only an address of this site, from its first slash on."))
        return target

    def clean(self):
        super().clean()
        if not (self.cleaned_data.get("article") or self.cleaned_data.get("target") or self.errors):
            self.add_error("article", _("Choose the article, or write another address."))


@admin.register(OldAddress)
class OldAddressAdmin(DeskAdmin):
    form = OldAddressForm
    list_display = ["path", "article", "target"]
    search_fields = ["path", "target", "article__headline"]
    autocomplete_fields = ["article"]

    def get_queryset(self, request):
        addresses = super().get_queryset(request).select_related("article")
        return addresses.only("path", "target", "article__headline")
