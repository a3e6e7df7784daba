"""Old addresses of the paper keep leading to its articles."""

from django.shortcuts import redirect

from articles.models import OldAddress
from newsroom.text import clean


class OldAddresses:
    """Turn a 404 into a permanent redirect where the former site had that address.

    WordPress also used `/?p=12` and `/?page_id=12`, which our front page would answer;
    those are looked up before.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path == "/":
            number = request.GET.get("p") or request.GET.get("page_id") or ""
            if number.isdigit() and (target := self.target(f"/?p={number}")):
                return redirect(target, permanent=True)
        response = self.get_response(request)
        is_missing = response.status_code == 404 and request.method in ("GET", "HEAD")
        if is_missing and (target := self.target(request.path)):
            return redirect(target, permanent=True)
        return response

    def target(self, path):
        """Return where `path` leads now, or None; to an article only once readers saw it."""
        old = OldAddress.objects.select_related("article").filter(path=normal_path(path)).first()
        if old is None or old.target:
            return old and old.target
        return old.article if old.article.has_been_public else None


def normal_path(path):
    """Return the form in which old addresses are kept: NFC, no slash at the end."""
    return clean(path).rstrip("/")[:500] or "/"
