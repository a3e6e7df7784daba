"""Two texts of an article side by side, with the names of what they refer to."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from articles.diff import Run, body_runs, line_runs, text_runs
from articles.models import Article, Photo, Section, Series
from authors.models import Author

HEAD = ("headline", "subtitle")
LINES = ("hero", "hero_caption", "section", "series", "tags", "authors", "ai_assistance")


@dataclass
class Part:
    """A part of the text: its name, and both sides of it."""

    label: str
    runs: list[Run]

    @property
    def is_changed(self):
        return any(row.is_changed for run in self.runs for row in run.rows)


@dataclass
class Comparison:
    """What differs between two texts."""

    parts: list[Part]

    @property
    def is_changed(self):
        return any(part.is_changed for part in self.parts)


def compare(old, new):
    """Return how the text `new` differs from the text `old`."""
    parts = [Part(label(name), line_runs(old[name], new[name])) for name in HEAD]
    parts.append(Part(label("lead"), text_runs(old["lead"], new["lead"])))
    parts.append(Part(label("body"), body_runs(old["body"], new["body"])))
    before, after = named(old, new)
    parts += [Part(label(name), line_runs(before[name], after[name])) for name in LINES]
    return Comparison([part for part in parts if part.runs])


def label(name):
    """Return what people call a part of the text."""
    return _("bylines") if name == "authors" else Article._meta.get_field(name).verbose_name


def named(*contents):
    """Return for each text a dict of its lines, with names in place of keys."""

    def rows(model, *names):
        keys = {content[name] for content in contents for name in names} - {None}
        return model.objects.in_bulk(keys)

    sections, series = rows(Section, "section"), rows(Series, "series")
    photos = rows(Photo, "hero")
    authors = Author.objects.in_bulk({pk for content in contents for pk in content["authors"]})

    def text(rows, pk):
        """Return the name of a row; of one that is gone, its number."""
        return "" if pk is None else str(rows.get(pk, f"#{pk}"))

    def lines(content):
        place = content["series_position"] if content["series"] else ""
        return {
            "hero": text(photos, content["hero"]),
            "hero_caption": content["hero_caption"],
            "section": text(sections, content["section"]),
            "series": f"{text(series, content['series'])} {place or ''}".strip(),
            "tags": ", ".join(content["tags"]),
            "authors": ", ".join(text(authors, pk) for pk in content["authors"]),
            "ai_assistance": content["ai_assistance"],
        }

    return [lines(content) for content in contents]
