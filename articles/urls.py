"""Addresses of articles and of the lists that lead to them."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter, StringConverter

from articles import feeds, indexnow, previews, reads, sitemaps, views
from articles.search import views as search_views


class Month(IntConverter):
    """A month in an address: 09; 9 is understood too."""

    regex = "[0-9]{1,2}"

    def to_url(self, value):
        return f"{value:02}"


class Form(StringConverter):
    """The form of a feed: RSS or JSON."""

    regex = "xml|json"


register_converter(Month, "month")


class Key(StringConverter):
    """A key of IndexNow; longer than the name of any text file of ours."""

    regex = "[A-Za-z0-9-]{8,128}"


register_converter(Form, "form")
register_converter(Key, "key")

app_name = "articles"
urlpatterns = [
    path("articles/<int:pk>/", views.short, name="short"),
    path("articles/<int:pk>/<str:slug>/", views.detail, name="detail"),
    path("reads/<int:pk>/", reads.count, name="count_read"),
    path("articles/<int:pk>/qr.svg", views.qr, name="qr"),
    path("cards/<int:pk>-<str:version>.png", views.card, name="card"),
    path("preview/<str:token>/", previews.preview, name="preview"),
    path("sections/<str:slug>/", views.section, name="section"),
    path("tags/<str:slug>/", views.tag, name="tag"),
    path("series/<str:slug>/", views.series, name="series"),
    path("archive/", views.archive, name="archive"),
    path("archive/<int:year>/<month:month>/", views.month, name="month"),
    path("search/", search_views.search, name="search"),
    path("search/suggest/", search_views.suggest, name="suggest"),
    path("popular/", views.popular, name="popular"),
    path("corrections/", views.corrections, name="corrections"),
    path("saved/", views.saved, name="saved"),
    path("pages/<str:slug>/", views.page, name="page"),
    path("feeds/latest.<form:form>", feeds.latest, name="feed"),
    path("feeds/sections/<str:slug>.<form:form>", feeds.section, name="section_feed"),
    path("feeds/tags/<str:slug>.<form:form>", feeds.tag, name="tag_feed"),
    path("feeds/series/<str:slug>.<form:form>", feeds.series, name="series_feed"),
    path("feeds/authors/<str:slug>.<form:form>", feeds.author, name="author_feed"),
    path("feeds/corrections.xml", feeds.corrections, name="corrections_feed"),
    path("<key:key>.txt", indexnow.key_file, name="indexnow_key"),
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-news.xml", sitemaps.news, name="sitemap_news"),
    path("sitemap-articles-<int:number>.xml", sitemaps.articles, name="sitemap_articles"),
    path("sitemap-places.xml", sitemaps.places, name="sitemap_places"),
]
