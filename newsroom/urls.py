"""The map of the site."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import PasswordResetCompleteView
from django.urls import include, path

from newsroom import desk, status, views

# Pages of the newsroom that Django's admin does not have.
door = [
    path("password-reset/", desk.AskForPassword.as_view(), name="admin_password_reset"),
    path("password-reset/sent/", desk.LetterSent.as_view(), name="password_reset_done"),
    path(
        "password-reset/<uidb64>/<token>/",
        desk.SetPassword.as_view(),
        name="password_reset_confirm",
    ),
    path(
        "password-reset/done/",
        PasswordResetCompleteView.as_view(),
        name="password_reset_complete",
    ),
    path(
        "articles/placement/preview/",
        admin.site.admin_view(views.front_page_preview),
        name="front_page_preview",
    ),
]

urlpatterns = [
    path("", views.front_page, name="front_page"),
    path("", include("comments.urls")),
    path("", include("articles.urls")),
    path("", include("authors.urls")),
    path("media/<path:path>", views.media, name="media"),
    path("robots.txt", views.robots, name="robots"),
    path("ads.txt", views.ads, name="ads"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("favicon.ico", views.favicon, name="favicon"),
    path(".well-known/security.txt", views.security, name="security"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", status.numbers, name="metrics"),
    path(settings.ADMIN_PATH, include(door)),
    path(settings.ADMIN_PATH, admin.site.urls),
]

handler404 = "newsroom.views.not_found"
handler403 = "newsroom.views.forbidden"
handler400 = "newsroom.views.bad_request"
handler500 = "newsroom.views.server_error"
