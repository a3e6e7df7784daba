"""What a reader may send, and why it may be refused."""

from django import forms
from django.core.validators import MaxLengthValidator
from django.utils.translation import gettext_lazy as _

from comments import guests
from comments.checks import Submission
from comments.models import Comment, Report
from newsroom.forms import make_token, token_age
from newsroom.paging import whole_number
from newsroom.text import lines

TOO_LONG = _("A comment has at most %(limit_value)d characters.")


class TokenForm(forms.Form):
    """A public form with a signed token; one that is too old comes back with a fresh one."""

    purpose = ""
    token = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.initial.setdefault("token", make_token(self.purpose))

    @property
    def age(self):
        """How old the form is, in seconds; None if its token is not good."""
        return token_age(self.data.get("token", ""), self.purpose)

    def renew(self):
        """Let the form that goes back to the reader carry a fresh token."""
        self.data = self.data.copy()
        self.data["token"] = make_token(self.purpose)

    def clean(self):
        data = super().clean()
        if self.age is None:
            self.renew()
            raise forms.ValidationError(
                _("The page stood open for long. Please look at your text and send it again.")
            )
        return data


class RowForm(TokenForm):
    """A form about a row, `about`, that names its token and its fields together with `kind`."""

    kind = ""

    def __init__(self, *args, about, **kwargs):
        self.purpose = f"{self.kind}.{about.pk}"
        super().__init__(*args, auto_id=f"{self.kind}-%s", **kwargs)


def email_field(**options):
    """Return the field for a reader's e-mail."""
    return forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": _("Please write your e-mail."),
            "invalid": _("This does not look like an e-mail address."),
        },
        **options,
    )


def clean_prose(text, empty):
    """Return the text of a reader, or refuse it with the sentence `empty`."""
    text = lines(text).strip()
    if not text:
        raise forms.ValidationError(empty)
    return text


class CommentForm(RowForm, forms.ModelForm):
    """A guest's comment on an article: name, e-mail (never shown) and text."""

    kind = "comment"
    email = email_field()
    consent = forms.BooleanField(
        label=_("I agree that my name and e-mail are kept with this comment."),
        error_messages={"required": _("Without your consent we cannot keep a comment.")},
    )
    notify = forms.BooleanField(
        label=_("Mail me what becomes of it, and the replies."), required=False
    )
    # People neither see nor reach it; what fills it in is a program.
    homepage = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    # Filled in by script: what tells two comments from one page apart.
    once = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    # Filled in by script on a device whose owner followed a link that we mailed.
    proof = forms.CharField(widget=forms.HiddenInput, required=False)
    parent = forms.ModelChoiceField(
        Comment.objects.none(), required=False, widget=forms.HiddenInput
    )

    class Meta:
        model = Comment
        fields = ["author_name", "text"]
        widgets = {
            "author_name": forms.TextInput(attrs={"autocomplete": "name"}),
            "text": forms.Textarea(attrs={"rows": 4}),
        }
        error_messages = {
            "author_name": {"required": _("Please write your name or nickname.")},
            "text": {"required": _("Please write a comment.")},
        }

    def __init__(self, *args, article, longest, **kwargs):
        super().__init__(*args, about=article, **kwargs)
        self.article, text = article, self.fields["text"]
        text.widget.attrs["maxlength"] = longest
        text.validators = [MaxLengthValidator(longest, TOO_LONG)]
        answerable = Comment.objects.visible().filter(article=article)
        self.fields["parent"].queryset = answerable.select_related("contact")
        self.fields["parent"].error_messages["invalid_choice"] = _(
            "The comment that you answer is not there any more."
        )

    @property
    def replied_to(self):
        """The comment that this form answers, or None."""
        if not self.is_bound:
            return self.initial.get("parent")
        number = whole_number(self.data.get("parent", ""))
        return self.fields["parent"].queryset.filter(pk=number).first()

    def clean_text(self):
        return clean_prose(self.cleaned_data["text"], _("Please write a comment."))

    def _get_validation_exclusions(self):
        """Leave the text to `clean_text`: the table's own rule for it would cost a query."""
        return {*super()._get_validation_exclusions(), "text"}

    def submission(self, masthead, sources):
        """Return what the checks look at."""
        data = self.cleaned_data
        return Submission(
            text=data["text"],
            name=data["author_name"],
            email=data["email"],
            masthead=masthead,
            sources=sources,
            age=self.age,
            honeypot=data["homepage"],
            has_proof=guests.has_proof(data["email"], data["proof"]),
        )


class ReportForm(RowForm):
    """Why a reader finds a comment wrong."""

    kind = "report"
    reason = forms.ChoiceField(
        label=_("What is wrong with it?"),
        choices=Report.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose what is wrong.")},
    )
    note = forms.CharField(
        label=_("In your own words"),
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 3}),
    )
    email = email_field(
        required=False, help_text=_("Only if you want an answer. It is never shown.")
    )

    def clean(self):
        data = super().clean()
        if data.get("reason") == Report.Reason.RIGHTS:
            for name in ("note", "email"):
                if not data.get(name) and name not in self.errors:
                    text = _("A request in your own right needs this, so that we can answer.")
                    self.add_error(name, text)
        return data


class EditForm(RowForm):
    """New words for a comment, within ten minutes."""

    kind = "edit"
    text = forms.CharField(label=_("Comment"), widget=forms.Textarea({"rows": 5}), required=False)

    def __init__(self, *args, about, longest, **kwargs):
        initial = {"text": about.edited_text or about.text}
        super().__init__(*args, about=about, initial=initial, **kwargs)
        text = self.fields["text"]
        text.widget.attrs["maxlength"] = longest
        text.validators.append(MaxLengthValidator(longest, TOO_LONG))

    def clean_text(self):
        return clean_prose(self.cleaned_data["text"], _("Please write a comment."))


class AppealForm(RowForm):
    """Why a refusal should be looked at again."""

    kind = "appeal"
    appeal = forms.CharField(
        label=_("Why should we look again?"),
        widget=forms.Textarea({"rows": 4, "maxlength": 1000}),
        max_length=1000,
        required=False,
    )

    def clean_appeal(self):
        return clean_prose(self.cleaned_data["appeal"], _("Please say why."))


class ConfirmForm(TokenForm):
    """A button: deleting, erasing, confirming, mail. Its token is in it, and a choice if any."""

    choice = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args, purpose, **kwargs):
        self.purpose = purpose
        super().__init__(*args, auto_id=False, **kwargs)


class EmailForm(TokenForm):
    """An address to mail a private link to."""

    purpose = "link"
    email = email_field()
