"""A browser whose requests reach the page cache first, as on a server."""

from io import BytesIO

from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.test import Client
from django.test.client import RequestFactory

from newsroom.pagecache import PageCache
from newsroom.pagestores import FileStore, Guarded


class Counting:
    """Django, with the number of requests that reached it."""

    def __init__(self):
        self.django, self.asked = WSGIHandler(), []

    def __call__(self, environ, start_response):
        self.asked.append(environ["PATH_INFO"])
        return self.django(environ, start_response)


class Environs(RequestFactory):
    """Make what a server hands on, instead of Django's request."""

    def request(self, **request):
        return self._base_environ(**request)


class Browser:
    """Ask a page cache, over a store in `folder` or another one."""

    def __init__(self, folder, store=None):
        self.django = Counting()
        self.cache = PageCache(self.django, store or Guarded(FileStore(folder)))

    def ask(self, method, path, data=None, **headers):
        return self.answer_to(Environs(headers=headers).generic(method, path, data or ""))

    def answer_to(self, environ):
        said = {}

        def start_response(status, headers, exc_info=None):
            said.update(status=int(status[:3]), headers=headers)

        environ.setdefault("HTTP_HOST", "testserver")
        environ.setdefault("wsgi.input", BytesIO())
        result = self.cache(environ, start_response)
        body = b"".join(result)
        if hasattr(result, "close"):
            result.close()
        return HttpResponse(body, status=said["status"], headers=dict(said["headers"]))

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def reached(self, path, **headers):
        """Whether a request went through to Django."""
        before = len(self.django.asked)
        self.get(path, **headers)
        return len(self.django.asked) > before


class CachedClient(Client):
    """Django's test client, asking through a page cache."""

    browser = None

    def request(self, **request):
        environ = self._base_environ(**request)
        response = self.browser.answer_to(environ)
        response.request = request
        return response
