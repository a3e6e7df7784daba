"""What an import made, left alone and skipped, and why."""

from collections import Counter, defaultdict

from django.utils.translation import gettext as _

from newsroom.text import excerpt, one_line

EXAMPLES = 5


class Report:
    """Counts by kind and outcome; reasons with their first examples."""

    def __init__(self):
        self.counts = Counter()
        self.reasons = Counter()
        self.examples = defaultdict(list)
        self.given = Counter()  # how many examples there were

    def count(self, kind, outcome, number=1):
        self.counts[kind, outcome] += number

    def skip(self, kind, reason, example="", is_listed=False):
        self.count(kind, "skipped")
        self.note(kind, reason, example, is_listed=is_listed)

    def note(self, kind, reason, example="", number=1, is_listed=False):
        """Remember something to know about a kind of row that was imported nonetheless.

        Of what `is_listed`, every example is shown and in full: somebody works through them.
        """
        self.reasons[kind, reason] += number
        self.given[kind, reason] += bool(example)
        if example and (is_listed or len(self.examples[kind, reason]) < EXAMPLES):
            self.examples[kind, reason].append(excerpt(one_line(example), 400 if is_listed else 80))

    def lines(self):
        """Yield the report, a paragraph a kind."""
        outcomes = {
            "made": _("new"),
            "updated": _("updated"),
            "unchanged": _("unchanged"),
            "skipped": _("skipped"),
        }
        for kind, name in kinds().items():
            numbers = [
                f"{label} {self.counts[kind, outcome]}"
                for outcome, label in outcomes.items()
                if self.counts[kind, outcome]
            ]
            reasons = [(r, n) for (k, r), n in self.reasons.items() if k == kind]
            if not numbers and not reasons:
                continue
            yield f"{name}: {' · '.join(numbers)}".rstrip(": ")
            for reason, number in reasons:
                yield f"  - {reason} ({number})"
                examples = self.examples[kind, reason]
                yield from (f"      {example}" for example in examples)
                if examples and len(examples) < self.given[kind, reason]:
                    more = self.given[kind, reason] - len(examples)
                    yield "      " + _("and %d more") % more


def kinds():
    return {
        "section": _("Sections"),
        "tag": _("Tags"),
        "author": _("Authors"),
        "photo": _("Photos"),
        "article": _("Articles"),
        "page": _("Pages"),
        "body": _("In the texts"),
        "address": _("Old addresses"),
        "comment": _("Comments"),
        "item": _("Other items"),
    }
