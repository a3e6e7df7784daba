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

    def count(self, kind, outcome, number=1):
        self.counts[kind, outcome] += number

    def skip(self, kind, reason, example=""):
        self.count(kind, "skipped")
        self.note(kind, reason, example)

    def note(self, kind, reason, example="", number=1):
        """Remember something to know about a kind of row that was imported nonetheless."""
        self.reasons[kind, reason] += number
        if example and len(self.examples[kind, reason]) < EXAMPLES:
            self.examples[kind, reason].append(excerpt(one_line(example), 80))

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
                for example in self.examples[kind, reason]:
                    yield f"      {example}"


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
