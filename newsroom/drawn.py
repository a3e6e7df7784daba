"""Templates that are drawn once for every shape they can have, and from then on only filled.

A page holds dozens of cards or hundreds of comments, and to draw each by the template engine
would take longer than all the rest. What they look like is said in templates all the same.
"""

from functools import lru_cache

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language


def kept(function):
    """Return `function`, which depends on its arguments alone, with its last results kept.

    In development nothing is kept, since templates change.
    """
    return function if settings.DEBUG else lru_cache(maxsize=4096)(function)


def draw(template, shape, values):
    """Return `template` as HTML, with `values` in the places that it names.

    `shape` holds what the template asks about; each shape is drawn once. `values` are escaped
    text or HTML of ours, and the template can do nothing with them but put them somewhere.
    """
    return fill(drawn(template, get_language(), tuple(shape.items()), tuple(values)), values)


@kept
def drawn(template, _language, shape, names):
    """Return a template of this shape as HTML and names of values in turn."""
    context = dict(shape) | {name: mark(name) for name in names}
    return render_to_string(template, context).split("\0")


def mark(name):
    """Return what stands in a drawn template for the value `name`; no text holds a NUL."""
    return f"\0{name}\0"


def fill(parts, values):
    """Return a drawn template with its values, which are escaped, in their places."""
    filled = (values[part] if place % 2 else part for place, part in enumerate(parts))
    return mark_safe("".join(filled))  # templates and escaped values only
