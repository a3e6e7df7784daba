"""Entries of the word list that comes with the software can be switched off."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("comments", "0006_queue_indexes")]

    operations = [
        migrations.AlterField(
            model_name="word",
            name="kind",
            field=models.CharField(
                choices=[
                    ("blocked", "blocked"),
                    ("allowed", "exception"),
                    ("off", "switched off"),
                ],
                default="blocked",
                max_length=7,
                verbose_name="kind",
            ),
        ),
    ]
