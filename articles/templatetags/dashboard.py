"""What waits at the desk, for the first page of the admin."""

from django import template

from articles.admin import dashboard as desk

register = template.Library()


@register.simple_tag(takes_context=True)
def dashboard(context):
    """What waits for whoever has signed in: {% dashboard as desk %}."""
    return desk.dashboard(context["user"])
