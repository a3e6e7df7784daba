"""What is shown of an article that was found: its headline and a piece of its text, marked."""

import re

from django.utils.html import conditional_escape, format_html, format_html_join

from articles.search.terms import initials

BEFORE, LENGTH = 16, 140  # characters of an excerpt before the first mark, and in all


def show_marks(articles, words):
    """Give each article, loaded with lead and body_text, a marked headline and summary."""
    patterns = [re.compile(word.pattern, re.IGNORECASE) for word in words if not word.is_initials]
    letters = [word.text for word in words if word.is_initials]
    for article in articles:
        places = spans(article.headline, patterns)
        for word in letters:
            found = re.finditer(word, initials(article.headline))
            places += [match.span() for match in found]
        article.marked_headline = marked(article.headline, places)
        article.marked_summary = excerpt(article, patterns)


def spans(text, patterns):
    """Return where `patterns` stand in text: pairs of a start and an end."""
    return [match.span() for pattern in patterns for match in pattern.finditer(text)]


def excerpt(article, patterns):
    """Return the piece of lead or text in which the words stand, else the summary."""
    for text in (article.lead, article.body_text):
        if places := spans(text, patterns):
            start = max(min(places)[0] - BEFORE, 0)
            start = text.rfind(" ", 0, start) + 1 if start else 0
            piece = text[start : start + LENGTH]
            inside = [
                (a - start, b - start) for a, b in places if start <= a and b - start <= LENGTH
            ]
            before, after = "…" if start else "", "…" if start + LENGTH < len(text) else ""
            return format_html("{}{}{}", before, marked(piece, inside), after)
    return conditional_escape(article.summary)


def marked(text, places):
    """Return text, escaped, with <mark> around the places, which may overlap."""
    pieces, end = [], 0
    for start, stop in merged(places):
        pieces += [(text[end:start], text[start:stop])]
        end = stop
    return format_html_join("", "{}<mark>{}</mark>", pieces) + conditional_escape(text[end:])


def merged(places):
    """Return places sorted, those that overlap as one."""
    whole = []
    for start, stop in sorted(places):
        if whole and start <= whole[-1][1]:
            whole[-1][1] = max(whole[-1][1], stop)
        else:
            whole.append([start, stop])
    return whole
