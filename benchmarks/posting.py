"""Many people write at once while others read, and workers are killed meanwhile.

    python -m benchmarks.posting                        # 50 writers, 4 readers, 20 s, SQLite
    python -m benchmarks.posting --kills 20             # kill -9 of a worker, twenty times
    DATABASE_URL=postgres://… python -m benchmarks.posting

A server of its own on the loopback interface, on a database of its own (which should be
empty). Says how many comments their writers were told of, and ends with an error if one of
those is missing, one stands twice, a counter is off, or a page answered with 5xx.
"""

import argparse

from benchmarks import scratch  # first: it chooses the database

# isort: split
from django.db.models import Count
from django.utils import timezone

from articles.models import Article
from benchmarks.crowd import Crowd, free_port, kill_workers, serving
from comments.models import Comment
from newsroom.models import Masthead


def check(article, crowd):
    """Return what is wrong afterwards, as sentences."""
    wrong = [f"{crowd.failures()} × 5xx"] if crowd.failures() else []
    kept = dict(Comment.objects.values_list("pk", "text"))
    lost = [pk for pk, text in crowd.told if kept.get(pk) != text]
    wrong += [f"lost: {len(lost)}"] if lost else []
    rows = Comment.objects.values("contact__email", "text").annotate(n=Count("pk"))
    double = rows.filter(n__gt=1).count()
    wrong += [f"double: {double}"] if double else []
    bare = Comment.objects.filter(contact=None).count()
    wrong += [f"without their e-mail: {bare}"] if bare else []
    article.refresh_from_db()
    visible = article.comments.visible().count()
    if article.comment_count != visible:
        wrong.append(f"counted {article.comment_count}, visible {visible}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--writers", type=int, default=50)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--kills", type=int, default=0)
    chosen = parser.parse_args()
    scratch.prepare(is_served=True)
    rules = {"comments_hold_first": False, "comments_per_sender": 9999, "comments_on_site": 9999}
    Masthead(pk=1, title="미르내신문", comment_policy="open", **rules).save()
    article = Article.objects.create(
        headline="장터에 다시 켜진 불", state="published", published_at=timezone.now()
    )
    port = free_port()
    with serving(port) as server:
        crowd = Crowd(port, f"/articles/{article.pk}/comments/", chosen.seconds)
        doing = [(crowd.write, n) for n in range(chosen.writers)]
        doing += [(crowd.read, n) for n in range(chosen.readers)]
        if chosen.kills:
            doing.append((kill_workers, server, chosen.kills, crowd))
        crowd.come(*doing)
        crowd.wait()
    print(dict(crowd.statuses))
    print(f"told: {len(crowd.told)}; kept: {Comment.objects.count()}")
    if wrong := check(article, crowd):
        raise SystemExit("WRONG: " + "; ".join(wrong))
    print("None lost, none double, counters exact, no 5xx.")


if __name__ == "__main__":
    main()
