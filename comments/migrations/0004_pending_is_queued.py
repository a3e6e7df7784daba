from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("comments", "0003_queue_reasons_and_moderators")]

    operations = [
        migrations.AddConstraint(
            model_name='comment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'pending'), _negated=True), ('queued_at__isnull', False), _connector='OR'), name='comment_pending_is_queued'),
        ),
    ]
