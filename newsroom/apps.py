from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps
from django.contrib.auth.signals import user_logged_in
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class NewsroomConfig(AppConfig):
    name = "newsroom"
    verbose_name = _("The paper")
    default = True

    def ready(self):
        # The checks of `deployment` register themselves.
        from newsroom import (  # noqa: F401
            changes,
            databases,
            deployment,
            middleware,
            observed,
            reports,
        )

        connection_created.connect(databases.set_up)
        user_logged_in.connect(middleware.IdleSessions.begin)
        pre_migrate.connect(changes.remove, sender=self)
        post_migrate.connect(changes.install, sender=self)
        observed.begin()
        reports.begin()


class DeskConfig(admin_apps.AdminConfig):
    """Django's admin, with our door before it."""

    default = False
    default_site = "newsroom.desk.DeskSite"
