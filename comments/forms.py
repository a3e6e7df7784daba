"""What a reader may send, and why it may be refused."""

from django import forms
from django.utils.translation import gettext_lazy as _

from comments.models import Comment, Contact
from newsroom.forms import is_fresh, make_token
from newsroom.paging import whole_number
from newsroom.text import lines


class CommentForm(forms.ModelForm):
    """A guest's comment: name, e-mail (never shown) and text."""

    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"invalid": _("This does not look like an e-mail address.")},
    )
    consent = forms.BooleanField(
        label=_("I agree that my name and e-mail are kept with this comment."),
        error_messages={"required": _("Without your consent we cannot keep a comment.")},
    )
    token = forms.CharField(widget=forms.HiddenInput, required=False)
    parent = forms.ModelChoiceField(
        Comment.objects.none(), required=False, widget=forms.HiddenInput
    )

    class Meta:
        model = Comment
        fields = ["author_name", "text"]
        widgets = {
            "author_name": forms.TextInput(attrs={"autocomplete": "name"}),
            "text": forms.Textarea(attrs={"rows": 4, "maxlength": 2000}),
        }
        error_messages = {
            "author_name": {"required": _("Please write your name or nickname.")},
            "text": {
                "required": _("Please write a comment."),
                "max_length": _("A comment has at most 2,000 characters."),
            },
        }

    def __init__(self, *args, article, **kwargs):
        self.article = article
        kwargs.setdefault("auto_id", "comment-%s")
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = Comment.objects.visible().filter(article=article)
        self.fields["parent"].error_messages["invalid_choice"] = _(
            "The comment that you answer is not there any more."
        )
        self.initial.setdefault("token", make_token(self.purpose))

    @property
    def purpose(self):
        return f"comment.{self.article.pk}"

    @property
    def replied_to(self):
        """The comment that this form answers, or None."""
        if not self.is_bound:
            return self.initial.get("parent")
        number = whole_number(self.data.get("parent", ""))
        return self.fields["parent"].queryset.filter(pk=number).first()

    def clean_text(self):
        text = lines(self.cleaned_data["text"]).strip()
        if not text:
            raise forms.ValidationError(_("Please write a comment."))
        return text

    def clean(self):
        data = super().clean()
        if not is_fresh(data.get("token", ""), self.purpose):
            # What was typed stays; the form that goes back has a fresh token.
            self.data = self.data.copy()
            self.data["token"] = make_token(self.purpose)
            raise forms.ValidationError(
                _("The page stood open for long. Please look at your comment and send it again.")
            )
        return data

    def save(self, submission_key):
        """Save the comment as pending, with its e-mail apart."""
        comment = super().save(commit=False)
        comment.article = self.article
        comment.parent = self.cleaned_data["parent"]
        comment.submission_key = submission_key
        comment.save()
        Contact.objects.create(comment=comment, email=self.cleaned_data["email"])
        return comment
