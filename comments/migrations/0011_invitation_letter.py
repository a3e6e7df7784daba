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
    ("password", "link to a new password"),
    ("invitation", "invitation to the newsroom"),
]


class Migration(migrations.Migration):
    dependencies = [("comments", "0010_log_indexes")]

    operations = [
        migrations.AlterField("mail", "kind", models.CharField(choices=KINDS, max_length=10))
    ]
