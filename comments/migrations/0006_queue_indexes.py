from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("comments", "0005_outbox")]

    operations = [
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(
                fields=["state", "queued_at"],
                condition=models.Q(queued_at__isnull=False),
                name="comment_queue_by_state",
            ),
        ),
        migrations.AddIndex(
            model_name="comment",
            index=models.Index(
                fields=["report_count"],
                condition=models.Q(queued_at__isnull=False),
                name="comment_queue_reports",
            ),
        ),
    ]
