"""Addresses of articles and of the lists that lead to them."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter

from articles import feeds, sitemaps, views


class Month(IntConverter):
    """A month in an address: 09; 9 is understood too."""

    regex = "[0-9]{1,2}"

    def to_url(self, value):
        return f"{value:02}"


register_converter(Month, "month")

app_name = "articles"
urlpatterns = [
    path("articles/<int:pk>/", views.short, name="short"),
    path("articles/<int:pk>/<str:slug>/", views.detail, name="detail"),
    path("sections/<str:slug>/", views.section, name="section"),
    path("tags/<str:slug>/", views.tag, name="tag"),
    path("series/<str:slug>/", views.series, name="series"),
    path("archive/", views.archive, name="archive"),
    path("archive/<int:year>/<month:month>/", views.month, name="month"),
    path("search/", views.search, name="search"),
    path("popular/", views.popular, name="popular"),
    path("corrections/", views.corrections, name="corrections"),
    path("pages/<str:slug>/", views.page, name="page"),
    path("feeds/latest.xml", feeds.latest, name="feed"),
    path("feeds/latest.json", feeds.latest_json, name="feed_json"),
    path("feeds/sections/<str:slug>.xml", feeds.section, name="section_feed"),
    path("feeds/tags/<str:slug>.xml", feeds.tag, name="tag_feed"),
    path("feeds/authors/<str:slug>.xml", feeds.author, name="author_feed"),
    path("feeds/corrections.xml", feeds.corrections, name="corrections_feed"),
    path("sitemap.xml", sitemaps.index, name="sitemap"),
    path("sitemap-news.xml", sitemaps.news, name="sitemap_news"),
    path("sitemap-articles-<int:number>.xml", sitemaps.articles, name="sitemap_articles"),
    path("sitemap-places.xml", sitemaps.places, name="sitemap_places"),
]
