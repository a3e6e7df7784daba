"""Publishers may read the records: who came in, and who did what."""

from django.db import migrations


def grant(apps, schema_editor):
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="publisher")
    kind, _ = ContentType.objects.get_or_create(app_label="authors", model="accessevent")
    permission, _ = Permission.objects.get_or_create(
        content_type=kind,
        codename="view_accessevent",
        defaults={"name": "Can view record"},
    )
    group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("authors", "0002_access_events"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
