"""The groups of those who write, edit and publish. What each may do with which article, and
when, is said in articles.flow; these are the permissions that it asks for.
"""

from django.conf import settings
from django.db import migrations

ALL = ["view", "add", "change", "delete"]
REPORTER = {
    "articles.article": ALL,  # their own, while they are drafts
    "articles.photo": ["view", "add", "change"],
    "articles.section": ["view"],
    "articles.series": ["view"],
    "articles.tag": ["view"],
    "authors.author": ["view"],
}
EDITOR = {
    "articles.article": [*ALL, "publish"],
    "articles.photo": ALL,
    "articles.correction": ALL,
    "articles.placement": ALL,
    "articles.section": ALL,
    "articles.series": ALL,
    "articles.tag": ALL,
    "articles.oldaddress": ALL,
    "authors.author": ALL,
}
PUBLISHER = {
    **EDITOR,
    "articles.page": ALL,
    "authors.user": ALL,
    "newsroom.masthead": ["view", "change"],
}
ROLES = {"reporter": REPORTER, "editor": EDITOR, "publisher": PUBLISHER}


def make_groups(apps, schema_editor):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    for role, rights in ROLES.items():
        group, _ = Group.objects.get_or_create(name=role)
        for name, actions in rights.items():
            app_label, model = name.split(".")
            kind, _ = ContentType.objects.get_or_create(app_label=app_label, model=model)
            for action in actions:
                permission, _ = Permission.objects.get_or_create(
                    content_type=kind,
                    codename=f"{action}_{model}",
                    defaults={"name": f"Can {action} {model}"},
                )
                group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0004_desk"),
        ("newsroom", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, migrations.RunPython.noop)]
