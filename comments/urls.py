"""Addresses of comments and threads."""

from django.urls import path

from comments import feeds, private, views

app_name = "comments"
urlpatterns = [
    path("articles/<int:pk>/comments/", views.thread, name="thread"),
    path("articles/<int:pk>/comments/new/", views.new, name="new"),
    path("comments/<int:pk>/", views.detail, name="detail"),
    path("comments/<int:pk>/vote/", views.vote, name="vote"),
    path("comments/<int:pk>/report/", views.report, name="report"),
    # Of one reader alone: never cached, never indexed.
    path("comments/<int:pk>/mine/", private.mine, name="mine"),
    path("comments/<int:pk>/mine/<str:token>/", private.enter, name="enter"),
    path("comments/mail/<str:token>/", private.confirm, name="confirm"),
    path("comments/unsubscribe/<str:token>/", private.unsubscribe, name="unsubscribe"),
    path("comments/data/", private.ask_for_data, name="ask_for_data"),
    path("comments/data/<str:token>/", private.data, name="data"),
    path("search/comments/", views.search, name="search"),
    path("feeds/comments.xml", feeds.latest, name="feed"),
    path("feeds/articles/<int:pk>/comments.xml", feeds.article, name="article_feed"),
]
