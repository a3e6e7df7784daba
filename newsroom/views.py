"""Pages drawn from several apps: the front page, errors, and what machines ask for."""

import re
from datetime import timedelta
from mimetypes import guess_type
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.db import DatabaseError, connection
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from articles import flow
from articles.admin.front import places_sent
from newsroom.changes import COMMENTS
from newsroom.front import front_page_content
from newsroom.models import Masthead
from newsroom.pagecache import kept
from newsroom.templatetags.newsroom import absolute, iso

RENDITION = re.compile(r"photos/[0-9a-f]{2}/[0-9a-f]{16}-\w{1,8}-\d{1,5}\.(avif|jpg)")
YEAR = 31_536_000


@kept(on=COMMENTS)
@require_safe
def front_page(request):
    """The paper's first page."""
    return render(request, "newsroom/front_page.html", front_page_content())


@require_POST
def front_page_preview(request):
    """The first page as it would be now with the places that an editor's form holds."""
    if not flow.may(request.user, "place"):
        raise PermissionDenied
    wanted = [place.article for place in places_sent(request.POST) if place.is_due]
    content = front_page_content(wanted)
    headers = {"X-Robots-Tag": "noindex"}
    return HttpResponse(
        render_to_string("newsroom/front_page.html", content, request), headers=headers
    )


@require_safe
def media(request, path):
    """A rendition of a picture. Its address changes with its content, so it is kept for good."""
    if not RENDITION.fullmatch(path):
        raise Http404
    try:
        file = default_storage.open(path)
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, content_type=guess_type(path)[0])
    response["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return response


@require_safe
def robots(request):
    # An address of the newsroom that only the paper knows is not told here: the pages say noindex.
    admin = [f"Disallow: {reverse('admin:index')}"] if settings.ADMIN_PATH == "admin/" else []
    lines = [
        "User-agent: *",
        *admin,
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
def manifest(request):
    """What a phone needs to put the paper on its home screen."""
    title = Masthead.load().title
    icons = [
        {"src": static(f"img/icon-{size}.png"), "sizes": f"{size}x{size}", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    data = {
        "name": title,
        "short_name": title,
        "lang": settings.LANGUAGE_CODE,
        "start_url": "/",
        "scope": "/",
        "display": "minimal-ui",
        "background_color": "#fffdf8",
        "theme_color": "#fffdf8",
        "icons": [{**icon, "type": "image/png"} for icon in icons],
    }
    return JsonResponse(data, content_type="application/manifest+json")


@require_safe
def favicon(request):
    """The icon, for whoever asks for it where it was once."""
    return redirect(static("img/favicon.ico"))


@require_safe
def ads(request):
    """Who may sell the paper's places for advertisements: the file that ADS_TXT names."""
    try:
        text = Path(settings.ADS_TXT).read_text(encoding="utf-8")
    except OSError:  # none is named, or it is not there
        raise Http404 from None
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


@require_safe
def security(request):
    """Where to report a weakness (RFC 9116)."""
    email = Masthead.load().email
    tips = absolute(reverse("articles:page", args=["tips"]))
    contact = settings.SECURITY_CONTACT or (f"mailto:{email}" if email else tips)
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
    return refused(request, str(exception))


def csrf_failure(request, reason=""):
    """A form of the newsroom was sent without its token."""
    return refused(request)


def refused(request, reason=""):
    """The page of what is not allowed; whoever works here finds the way back to the newsroom."""
    is_asked = request.method in ("GET", "HEAD")
    is_staff = getattr(getattr(request, "user", None), "is_staff", False)
    context = {"reason": reason, "is_asked": is_asked, "is_staff": is_staff}
    return render(request, "403.html", context, status=403)


def bad_request(request, exception):
    return HttpResponse(static_page("400.html"), status=400)


def server_error(request):
    """The last page: drawn without the database, which may be what failed."""
    sent = sent_by(request)
    typed, asks_email = sent.pop("text", ""), sent.pop("email", None) is not None
    page = static_page("500.html", typed=typed, asks_email=asks_email, sent=sent.items())
    return HttpResponse(page, status=500)


def sent_by(request):
    """Return what a reader sent with a form, {name: value}: it can be sent again from the page.

    An e-mail stands in no page, not in this one either: it is asked for again.
    """
    view = request.resolver_match and request.resolver_match.func
    is_public = request.method == "POST" and getattr(view, "is_public_form", False)
    return request.POST.dict() if is_public else {}


def static_page(template, **context):
    return render_to_string(template, {"language": settings.LANGUAGE_CODE, **context})


def reason_of(exception):
    """Return the sentence that a view gave with its 404, if it gave one."""
    argument = exception.args[0] if exception.args else ""
    return argument if isinstance(argument, str) and not argument.startswith("No ") else ""
