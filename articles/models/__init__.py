"""What we publish, and what the desk keeps while it is written."""

from articles.models.article import RESERVED_SLUGS, Article, Byline
from articles.models.corrections import Correction
from articles.models.desk import Announcement, Note, Placement, PreviewLink, Revision, Writing
from articles.models.pages import OldAddress, Page
from articles.models.photos import Photo, originals
from articles.models.places import Section, Series, Tag, TaggedArticle
from articles.models.reads import ReadScore
from articles.models.search import Related, RelatedChoice, SearchEntry, SearchTerm

__all__ = [
    "RESERVED_SLUGS",
    "Announcement",
    "Article",
    "Byline",
    "Correction",
    "Note",
    "OldAddress",
    "Page",
    "Photo",
    "Placement",
    "PreviewLink",
    "ReadScore",
    "Related",
    "RelatedChoice",
    "Revision",
    "SearchEntry",
    "SearchTerm",
    "Section",
    "Series",
    "Tag",
    "TaggedArticle",
    "Writing",
    "originals",
]
