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
    ("factor_on", "two-step sign-in set up"),
    ("factor_off", "two-step sign-in turned off"),
    ("cleared", "two-step sign-in reset by the desk"),
    ("codes", "new recovery codes"),
]


class Migration(migrations.Migration):
    dependencies = [("comments", "0011_invitation_letter")]

    operations = [
        migrations.AlterField("mail", "kind", models.CharField(choices=KINDS, max_length=10))
    ]
