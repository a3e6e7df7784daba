"""What stands beside our pages: a bare WSGI application, and a view of a Django without more."""

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

BODY = b"x" * 30_000


def hello(environ, start_response):
    headers = [("Content-Type", "text/html"), ("Content-Length", str(len(BODY)))]
    start_response("200 OK", headers)
    return [BODY]


def view(request):
    return HttpResponse(BODY)


urlpatterns = [path("", view)]


def django():
    """Return a Django that has this view, no middleware and no database."""
    hosts = ["127.0.0.1"]
    ours = {"METRICS": False, "DATABASE_TIMEOUT": 0}  # gunicorn's settings ask for these
    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=hosts, SECRET_KEY="-", **ours)
    return get_wsgi_application()
