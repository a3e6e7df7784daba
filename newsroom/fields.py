"""Model fields that keep every text of the site in one normal form."""

from django.db import models

from newsroom.text import clean, lines, one_line


class LineField(models.CharField):
    """One line of text, stored in NFC with its white space folded."""

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return one_line(value) if isinstance(value, str) else value

    def to_python(self, value):
        value = super().to_python(value)
        return one_line(value) if isinstance(value, str) else value


class ProseField(models.TextField):
    """Text of many lines, stored in NFC without control characters or carriage returns."""

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return lines(value) if isinstance(value, str) else value

    def to_python(self, value):
        value = super().to_python(value)
        return lines(value) if isinstance(value, str) else value


class SlugField(models.SlugField):
    """A slug that may be Hangul, stored in NFC."""

    def __init__(self, *args, **kwargs):
        kwargs.setdefault("allow_unicode", True)
        kwargs.setdefault("max_length", 100)
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value):
        value = super().get_prep_value(value)
        return clean(value) if isinstance(value, str) else value
