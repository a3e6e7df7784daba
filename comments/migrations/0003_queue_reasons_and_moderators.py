"""Comments that wait get their place in the queue; first reasons; the moderators' group."""

from django.db import migrations
from django.db.models import F

REASONS = [
    ("욕설·비하", "다른 사람을 욕하거나 낮추어 보는 표현이 있어 싣지 않았습니다. 표현을 고쳐 다시 쓰실 수 있습니다."),
    ("개인정보", "전화번호나 주소처럼 누군가를 알아볼 수 있는 정보가 있어 싣지 않았습니다. 그 부분을 빼고 다시 써 주세요."),
    ("광고", "기사와 관계없는 광고나 홍보여서 싣지 않았습니다."),
    ("명예훼손 우려", "확인되지 않은 사실로 다른 사람의 명예를 해칠 수 있어 싣지 않았습니다."),
    ("기사와 무관", "기사와 관계없는 내용이어서 싣지 않았습니다. 제보나 의견은 편집국으로 보내 주세요."),
    ("도배", "같은 내용이 되풀이되어 하나만 남기고 싣지 않았습니다."),
]
# What a moderator may do, and nothing else.
MODERATOR = {
    "comment": ["view", "change"],
    "ban": ["view", "add", "change", "delete"],
    "word": ["view", "add", "change", "delete"],
    "refusalreason": ["view"],
    "moderationevent": ["view"],
}


def fill(apps, schema_editor):
    Comment = apps.get_model("comments", "Comment")
    Comment.objects.filter(state="pending", queued_at=None).update(queued_at=F("created_at"))
    Reason = apps.get_model("comments", "RefusalReason")
    for position, (name, text) in enumerate(REASONS, 1):
        Reason.objects.get_or_create(name=name, defaults={"text": text, "position": position})
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name="moderator")
    for model, actions in MODERATOR.items():
        kind, _ = ContentType.objects.get_or_create(app_label="comments", model=model)
        for action in actions:
            permission, _ = Permission.objects.get_or_create(
                content_type=kind,
                codename=f"{action}_{model}",
                defaults={"name": f"Can {action} {model}"},
            )
            group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("comments", "0002_conversation"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
