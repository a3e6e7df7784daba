"""The whole paper as files for a browser: what readers see today, readable without any server.

Django is asked for every public page as a stranger asks, so that nothing is here which readers
cannot see. Links then lead from file to file; what needs a server (forms, search, scripts) goes.
"""

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit

from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client
from django.urls import Resolver404, resolve, reverse

from articles.models import Article

PAGES = {
    "front_page",
    "authors:detail",
    "comments:detail",
    "comments:thread",
    *(f"articles:{name}" for name in ("archive", "corrections", "detail", "month", "page")),
    *(f"articles:{name}" for name in ("popular", "section", "series", "short", "tag")),
}
FILES = {"articles:card", "articles:qr", "media"}
PAGING = {"page", "until", "after", "by"}  # what else stands in a query is another order
LONGEST = 200  # bytes of a file's name
CSS_LINK = re.compile(r"""(url\(\s*["']?|@import\s+["'])([^"')\s]+)""")
LINKS = ("href", "src", "srcset", "poster")
GONE = (
    "script, form, template, button, [data-new],"
    " link[rel~=alternate], link[rel~=manifest], link[rel~=search]"
)


class HtmlExport:
    """One export into an empty folder: pages are fetched first, then joined by their links."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.client = Client(HTTP_HOST=urlsplit(settings.SITE_URL).netloc)
        self.found = {}  # address: its file, or None where readers find nothing
        self.moved = {}  # address: where it leads
        self.waiting = []

    def write(self, progress=iter):
        """Write all pages and all that they show; return how many pages there are."""
        self.ask_for("/")
        self.ask_for(reverse("articles:archive"))
        for article in Article.objects.published().order_by("pk").iterator():
            self.ask_for(article.get_absolute_url())
        for address in progress(self.addresses()):
            self.fetch(address)
        pages = {file: address for address, file in self.found.items() if file}
        for file, address in progress(pages.items()):
            self.join(address, file)
        return sum(file.suffix == ".html" for file in pages)

    def addresses(self):
        """Yield what is asked for, as long as pages name more."""
        while self.waiting:
            yield self.waiting.pop()

    def ask_for(self, address):
        if address not in self.found:
            self.found[address] = None
            self.waiting.append(address)

    def fetch(self, address):
        """Write what stands at an address, as it is, and ask for what it leads to."""
        answer = self.client.get(address, secure=settings.HTTPS)
        if answer.status_code in (301, 302):
            self.ask_for(target := address_of(answer["Location"], address) or "/")
            self.moved[address] = target
            return
        if answer.status_code != 200:
            return
        data = answer.getvalue()
        self.found[address] = file = file_of(address)
        path = self.folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        for link in links_in(file, data):
            if (target := address_of(link, address)) and not is_here(target, data):
                self.ask_for(target)

    def join(self, address, file):
        """Let the links of a file lead to files."""
        path = self.folder / file
        if file.suffix == ".css":
            text = CSS_LINK.sub(
                lambda found: found[1] + (self.relative(found[2], address, file) or "data:,"),
                path.read_text(),
            )
            path.write_text(text)
        if file.suffix != ".html":
            return
        data = path.read_bytes()
        soup = BeautifulSoup(data, "html.parser")
        for element in soup.select(GONE):
            element.decompose()
        for name in LINKS:
            for element in soup.select(f"[{name}]:not(link[rel~=canonical])"):
                if not element.decomposed:  # with what was around it
                    self.lead(element, name, address, file, data)
        path.write_text(str(soup))

    def lead(self, element, name, address, file, data):
        """Let one link lead to a file; take it away where there is none."""
        if name == "srcset":
            sources = [source.split() for source in element[name].split(",")]
            kept = [
                " ".join([link, *size])
                for url, *size in sources
                if (link := self.relative(url, address, file))
            ]
            element[name] = ", ".join(kept)
            return
        link = self.relative(element[name], address, file, data)
        is_text = element.find_parent(class_="text") or address_of(element[name], address)
        if link:
            element[name] = link
        elif element.name == "a" and is_text:  # words of the paper, which stay
            element.unwrap()
        else:
            element.decompose()

    def relative(self, link, address, file, data=b""):
        """Return where a link leads from `file`; None if that is not in the export."""
        parts = urlsplit(urljoin(settings.SITE_URL + address, link))
        if f"{parts.scheme}://{parts.netloc}" != settings.SITE_URL:
            return link
        mark = f"#{parts.fragment}" if parts.fragment else ""
        target = address_of(link, address)
        if target is None:
            return None
        if is_here(target, data):
            return f"#comment-{resolve(urlsplit(target).path).kwargs['pk']}"
        found = self.found.get(self.moved.get(target, target))
        if found is None:
            return None
        return quote(os.path.relpath(found, file.parent)) + mark


def address_of(link, base):
    """Return the address on this site that a link stands for, if it can be in the export."""
    parts = urlsplit(urljoin(settings.SITE_URL + base, link))
    if f"{parts.scheme}://{parts.netloc}" != settings.SITE_URL:
        return None
    query = dict(parse_qsl(parts.query))
    path = unquote(parts.path) or "/"
    if path.startswith(settings.STATIC_URL):
        return quote(path)
    try:
        name = resolve(path).view_name
    except Resolver404:
        return None
    if name in FILES:
        return quote(path)
    if name not in PAGES or not query.keys() <= PAGING:
        return None
    return quote(path) + (f"?{parts.query}" if query else "")


def is_here(target, data):
    """Whether an address is that of a comment which stands on the page itself."""
    match = re.fullmatch(r"/comments/(\d+)/", target)
    return bool(match) and f'id="comment-{match[1]}"'.encode() in data


def links_in(file, data):
    """Yield the links of a page or a style sheet."""
    if file.suffix == ".css":
        yield from (found[2] for found in CSS_LINK.finditer(data.decode()))
    elif file.suffix == ".html":
        soup = BeautifulSoup(data, "html.parser")
        for element in soup.select(GONE):
            element.decompose()
        for name in LINKS:
            for element in soup.select(f"[{name}]"):
                links = element[name].split(",") if name == "srcset" else [element[name]]
                yield from (link.split()[0] for link in links if link.strip())


def file_of(address):
    """Return the file of an address; a page is the index of a folder."""
    path, _mark, query = address.partition("?")
    names = [short(name) for name in unquote(path).strip("/").split("/") if name]
    if not path.endswith("/"):
        return Path(*names)
    if names[:1] == ["articles"] and len(names) == 3 and names[2] != "comments":
        names = names[:2]  # the number finds it
    return Path(*names, f"index{'-' + re.sub('[^0-9A-Za-z]+', '-', query) if query else ''}.html")


def short(name):
    """Return a name that file systems take."""
    if name in (".", "..") or len(name.encode()) > LONGEST:
        return hashlib.sha256(name.encode()).hexdigest()[:20]
    return name.replace("\\", "-").replace(":", "-")
