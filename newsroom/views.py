"""Pages drawn from several apps: the front page, errors, and what machines ask for."""

import re
from datetime import timedelta
from mimetypes import guess_type

from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from newsroom.front import front_page_content
from newsroom.models import Masthead
from newsroom.templatetags.newsroom import absolute, iso

RENDITION = re.compile(r"photos/[0-9a-f]{2}/[0-9a-f]{16}-\w{1,8}-\d{1,5}\.(avif|jpg)")
YEAR = 31_536_000


@require_safe
def front_page(request):
    """The paper's first page."""
    return render(request, "newsroom/front_page.html", front_page_content())


@require_safe
def media(request, path):
    """A rendition of a picture. Its address changes with its content, so it is kept for good."""
    if not RENDITION.fullmatch(path) or not default_storage.exists(path):
        raise Http404
    response = FileResponse(default_storage.open(path), content_type=guess_type(path)[0])
    response["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response


@require_safe
def robots(request):
    lines = [
        "User-agent: *",
        f"Disallow: {reverse('admin:index')}",
        f"Disallow: {reverse('articles:search')}",
        "Disallow: /comments/*/mine/",
        "Disallow: /comments/data/",
        "Allow: /",
        "",
        f"Sitemap: {absolute(reverse('articles:sitemap'))}",
        f"Sitemap: {absolute(reverse('articles:sitemap_news'))}",
        "",
    ]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


@require_safe
def security(request):
    """Where to report a weakness (RFC 9116)."""
    email = Masthead.load().email
    contact = f"mailto:{email}" if email else absolute(reverse("articles:page", args=["tips"]))
    expires = (timezone.now() + timedelta(days=180)).replace(hour=0, minute=0, second=0)
    text = (
        f"Contact: {contact}\n"
        f"Expires: {iso(expires)}\n"
        f"Preferred-Languages: ko, en\n"
        f"Canonical: {absolute(request.path)}\n"
    )
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@never_cache
@require_safe
def healthz(request):
    """Whether this process answers; asks nothing of others."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request):
    """Whether the database and the cache answer too; 503 names the one that does not."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("database\n", content_type="text/plain", status=503)
    try:
        cache.set("readyz", "ok", 5)
        working = cache.get("readyz") == "ok"
    except Exception:  # each cache's client raises its own kinds
        working = False
    if not working:
        return HttpResponse("cache\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")


def not_found(request, exception):
    context = {"reason": reason_of(exception)}
    return render(request, "404.html", context, status=404)


def forbidden(request, exception):
    return render(request, "403.html", {"reason": str(exception)}, status=403)


def csrf_failure(request, reason=""):
    """A form of the newsroom was sent without its token."""
    return render(request, "403.html", status=403)


def bad_request(request, exception):
    return HttpResponse(static_page("400.html"), status=400)


def server_error(request):
    """The last page: drawn without the database, which may be what failed."""
    return HttpResponse(static_page("500.html"), status=500)


def static_page(template):
    return render_to_string(template, {"language": settings.LANGUAGE_CODE})


def reason_of(exception):
    """Return the sentence that a view gave with its 404, if it gave one."""
    argument = exception.args[0] if exception.args else ""
    return argument if isinstance(argument, str) and not argument.startswith("No ") else ""
