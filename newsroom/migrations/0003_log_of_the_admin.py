"""Indexes for the two ways in which Django's own log of the admin is asked: what became of one
thing (its history), and what somebody did last (the first page of the admin).
"""

from django.db import migrations

INDEXES = {"log_of_object": "object_id, content_type_id", "log_of_account": "user_id, action_time"}


class Migration(migrations.Migration):
    dependencies = [
        ("newsroom", "0002_comment_rules"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [
        migrations.RunSQL(
            f"CREATE INDEX {name} ON django_admin_log ({columns})", f"DROP INDEX {name}"
        )
        for name, columns in INDEXES.items()
    ]
