"""Addresses of comments and threads."""

from django.urls import path

from comments import feeds, views

app_name = "comments"
urlpatterns = [
    path("articles/<int:pk>/comments/", views.thread, name="thread"),
    path("comments/<int:pk>/", views.detail, name="detail"),
    path("comments/status/<str:token>/", views.status, name="status"),
    path("feeds/comments.xml", feeds.latest, name="feed"),
    path("feeds/articles/<int:pk>/comments.xml", feeds.article, name="article_feed"),
]
