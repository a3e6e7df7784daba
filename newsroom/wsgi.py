"""The application that gunicorn serves: the page cache, and Django behind it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
application = get_wsgi_application()

from django.conf import settings  # noqa: E402 - the models are there only now

if settings.PAGE_CACHE:
    from newsroom.pagecache import PageCache
    from newsroom.pagestores import shared_store

    application = PageCache(application, shared_store())
