"""Letters say what they are about; words and address are looked up when they are sent."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

KINDS = [
    ("confirm", "question whether mail is wanted"),
    ("approved", "comment approved"),
    ("refused", "comment refused"),
    ("blinded", "comment blinded"),
    ("restored", "blinded comment shown again"),
    ("stands", "answer to an appeal"),
    ("reply", "reply"),
    ("taken", "request: comment blinded"),
    ("removed", "request: comment removed"),
    ("ended", "request: comment shown again"),
    ("declined", "request: comment stays"),
    ("data", "link to one's own comments"),
    ("digest", "what waits for moderators"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "0004_pending_is_queued"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.DeleteModel(name="Mail"),
        migrations.CreateModel(
            name="Mail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=100, unique=True)),
                ("kind", models.CharField(choices=KINDS, max_length=10)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("sent_at", models.DateTimeField(null=True)),
                ("comment", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="letters", to="comments.comment")),
                ("report", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="comments.report")),
                ("user", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "verbose_name": "letter",
                "verbose_name_plural": "letters",
                "ordering": ["pk"],
                "indexes": [
                    models.Index(condition=models.Q(("due_at__isnull", False)), fields=["due_at", "id"], name="mail_due")
                ],
            },
        ),
        migrations.CreateModel(
            name="NoMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
    ]
