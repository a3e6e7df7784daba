"""The map of the site."""

from django.contrib import admin
from django.urls import include, path

from newsroom import views

urlpatterns = [
    path("", views.front_page, name="front_page"),
    path("", include("comments.urls")),
    path("", include("articles.urls")),
    path("", include("authors.urls")),
    path("media/<path:path>", views.media, name="media"),
    path("robots.txt", views.robots, name="robots"),
    path(".well-known/security.txt", views.security, name="security"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("admin/", admin.site.urls),
]

handler404 = "newsroom.views.not_found"
handler403 = "newsroom.views.forbidden"
handler400 = "newsroom.views.bad_request"
handler500 = "newsroom.views.server_error"
