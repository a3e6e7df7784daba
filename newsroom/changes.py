"""What changed that readers can see, told by the database itself.

Triggers write a row for every change of what public pages show, in the transaction of the
change: however it came about, nobody can forget it. `Changes` reads these rows; pages that
were made before them are stale. A row holds a key, which says what changed:

- `paper`: anything that may stand on any page;
- `article-<number>`: what stands on that article's page alone, its comments above all;
- `comments`: what readers can see of comments anywhere, for the pages that list the newest.

and a position. On SQLite, where one writes at a time, positions are counted. On PostgreSQL
transactions end in another order than they began, so the position is the transaction's own
number, and what a page shows is told by PostgreSQL's snapshot of the time when it was made.
"""

import hashlib
import logging
import threading
import time
from collections import namedtuple
from datetime import timedelta
from typing import NamedTuple

from django.db import DatabaseError, connection
from django.db.models import Max, Min
from django.utils import timezone

from articles.models import Article, Correction, Placement
from newsroom.models import Masthead, PageChange

logger = logging.getLogger(__name__)
PAPER, COMMENTS = "paper", "comments"
TABLE = PageChange._meta.db_table
PREFIX = "page_change_"
KEPT = timedelta(hours=2)  # much longer than any page

IS_PUBLIC = "{row}.state IN ('published', 'withdrawn')"
OF_PUBLIC = (
    "EXISTS (SELECT 1 FROM articles_article a WHERE a.id = {row}.{column}"
    " AND a.state IN ('published', 'withdrawn'))"
)
WAS_SEEN = "{row}.state <> 'pending'"

# A table, what its rows change, on which events, and under which condition on a row before
# or after it.
Rule = namedtuple("Rule", "table key events condition", defaults=("'paper'", "IUD", ""))
ARTICLE_COLUMNS = (
    *("headline", "subtitle", "lead", "body_html", "summary", "slug", "section_id", "series_id"),
    *("series_position", "hero_id", "hero_caption", "state", "published_at", "revised_at"),
    *("withdrawn_at", "withdrawal_reason", "comment_policy", "ai_assistance", "corrected_at"),
)
COMMENT_COLUMNS = ("state", "author_name", "text", "edited_at", "is_pinned", "report_count")
RULES = [
    *(
        Rule(table)
        for table in (
            *("newsroom_masthead", "articles_section", "articles_page"),
            *("articles_placement", "articles_correction"),
        )
    ),
    *(  # new ones stand nowhere yet
        Rule(table, events="UD")
        for table in ("articles_photo", "articles_tag", "articles_series", "authors_author")
    ),
    Rule("articles_article", events=("I", "D", ARTICLE_COLUMNS), condition=IS_PUBLIC),
    Rule("articles_byline", condition=OF_PUBLIC.replace("{column}", "article_id")),
    Rule("articles_taggedarticle", condition=OF_PUBLIC.replace("{column}", "content_object_id")),
    Rule("articles_related", "'article-' || {row}.article_id"),
    Rule("comments_comment", "'article-' || {row}.article_id", condition=WAS_SEEN),
    Rule("comments_comment", "'comments'", ("I", "D", COMMENT_COLUMNS), WAS_SEEN),
]
EVENTS = {"I": ("INSERT", ["NEW"]), "D": ("DELETE", ["OLD"]), "U": ("UPDATE", ["OLD", "NEW"])}

# How a change is noted, as statements of a trigger or of their own.
NOTE = {
    "sqlite": f"""
  INSERT INTO {TABLE} (key, position) SELECT {{key}}, coalesce(max(position), 0) + 1 FROM {TABLE};
  DELETE FROM {TABLE} WHERE key = {{key}} AND position < (SELECT max(position) FROM {TABLE});""",
    "postgresql": f"""
  INSERT INTO {TABLE} (key, position) VALUES ({{key}}, pg_current_xact_id()::text::bigint)
  ON CONFLICT DO NOTHING;""",
}
CREATE = {
    "sqlite": """
CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW WHEN {condition} BEGIN {note}
END""",
    "postgresql": """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
IF {condition} THEN {note} END IF;
RETURN NULL;
END $$;
CREATE TRIGGER {name} AFTER {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()""",
}
INSTALLED = {
    "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal",
}
DROP = {
    "sqlite": "DROP TRIGGER {name}",
    "postgresql": "DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}()",
}
# The snapshot of now, with every row from a position on: at least one row in all.
NEWS = {
    "sqlite": f"""
SELECT next || ':' || next || ':', key, position
FROM (SELECT coalesce(max(position), 0) + 1 AS next FROM {TABLE})
LEFT JOIN {TABLE} ON position >= %s""",
    "postgresql": f"""
SELECT pg_current_snapshot()::text, key, position
FROM (SELECT 1) AS now LEFT JOIN {TABLE} ON position >= %s""",
}


class Snapshot(NamedTuple):
    """Which changes were there at a time: those below `low`, and below `high` but for `open`."""

    low: int
    high: int
    open: frozenset

    @classmethod
    def read(cls, text):
        """Return the snapshot that PostgreSQL writes as `text`: 10:20:10,14,15."""
        low, high, open_then = text.split(":")
        return cls(int(low), int(high), frozenset(map(int, filter(None, open_then.split(",")))))

    def has(self, position):
        return position < self.low or (position < self.high and position not in self.open)


def triggers():
    """Return the triggers of this database: {name: SQL}. Another text is another name."""
    made = {}
    for rule in RULES:
        for event in rule.events:
            kind, rows = EVENTS[event] if isinstance(event, str) else EVENTS["U"]
            if not isinstance(event, str):
                kind += f" OF {', '.join(event)}"
            conditions = (rule.condition.format(row=row) or "1 = 1" for row in rows)
            sql = CREATE[connection.vendor].format(
                name="{name}",
                event=kind,
                table=rule.table,
                condition=" OR ".join(conditions),
                note=NOTE[connection.vendor].format(key=rule.key.format(row=rows[-1])),
            )
            name = PREFIX + hashlib.sha256(sql.encode()).hexdigest()[:16]
            made[name] = sql.replace("{name}", name)
    return made


def installed():
    """Return our triggers in the database: {name: table}."""
    with connection.cursor() as cursor:
        cursor.execute(INSTALLED[connection.vendor])
        return {name: table for name, table in cursor.fetchall() if name.startswith(PREFIX)}


def install(using, **kwargs):
    """After a migration: make the triggers that are missing; all pages are stale then."""
    if using != connection.alias or TABLE not in connection.introspection.table_names():
        return
    wanted, there = triggers(), installed()
    with connection.cursor() as cursor:
        for name in there.keys() - wanted.keys():
            cursor.execute(DROP[connection.vendor].format(name=name, table=there[name]))
        for name in wanted.keys() - there.keys():
            cursor.execute(wanted[name])
    if wanted.keys() != there.keys():
        note(PAPER)


def remove(using, plan, **kwargs):
    """Before a migration: drop the triggers, since SQLite remakes no table of which they speak."""
    if using != connection.alias or not plan:
        return
    with connection.cursor() as cursor:
        for name, table in installed().items():
            cursor.execute(DROP[connection.vendor].format(name=name, table=table))


def note(key):
    """Note a change, one of `PAPER` or `COMMENTS`, that no row of a table tells of."""
    with connection.cursor() as cursor:
        for statement in NOTE[connection.vendor].format(key=f"'{key}'").split(";"):
            if statement.strip():
                cursor.execute(statement)


def forget():
    """Drop the rows that are older than any page, but for the newest: positions go on from it."""
    old = PageChange.objects.filter(made_at__lt=timezone.now() - KEPT)
    newest = PageChange.objects.aggregate(newest=Max("position"))["newest"]
    return old.exclude(position=newest).delete()[0]


class Changes:
    """What has changed, as far as this process has looked."""

    def __init__(self):
        self.lock = threading.Lock()
        self.looked_at = -1.0  # on the clock that never jumps
        self.is_told = False  # whether the triggers were found
        self.is_known = False  # whether the last look found out
        self.snapshot, self.now = "", Snapshot(0, 0, frozenset())  # of the last look
        self.seen = set()  # the rows that the next look will find again
        self.generation = 0  # grows with every change
        self.changed = {}  # {key: generation in which it changed last}
        self.moment = 0.0  # when something appears or ends by itself
        self.moment_of = None  # the paper's generation when `moment` was looked up

    def known(self):
        """Return what a page made from now on shows: generation, snapshot, and until when."""
        with self.lock:
            return self.generation, self.snapshot, self.moment

    def are_in(self, page):
        """Whether a page (its `keys` and `seen`) shows all that is known to have changed."""
        return all(self.changed.get(key, 0) <= page.seen for key in page.keys)

    def were_in(self, page):
        """Whether a page of another process (its `keys` and `snapshot`) shows all there is."""
        snapshot = Snapshot.read(page.snapshot)
        if snapshot.high > self.now.high:  # of another database
            return False
        rows = PageChange.objects.filter(key__in=page.keys, position__gte=snapshot.low)
        positions = list(rows.values_list("position", flat=True))
        connection.close_if_unusable_or_obsolete()  # as below
        return all(map(snapshot.has, positions))

    def look(self, wait):
        """Read what is new; whether it is known now. Raises DatabaseError.

        If somebody else looks already, `wait` for what they find, or go on with what is known.
        """
        asked_at = time.monotonic()
        if not self.lock.acquire(blocking=wait):
            return False
        try:
            if self.looked_at >= asked_at:
                return self.is_known
            self.is_known, asked_at = False, time.monotonic()
            connection.close_if_unusable_or_obsolete()
            if self.is_told or self.find_triggers():
                with connection.cursor() as cursor:
                    cursor.execute(NEWS[connection.vendor], [self.now.low])
                    self.take(cursor.fetchall())
                self.look_ahead()
                self.is_known = True
        except DatabaseError:
            connection.close()  # a broken one would stay with this thread
            raise
        finally:
            self.looked_at = asked_at
            self.lock.release()
        connection.close_if_unusable_or_obsolete()  # gives it back where there is a pool
        return self.is_known

    def find_triggers(self):
        """Look for the triggers, without which nothing tells of a change."""
        self.is_told = triggers().keys() <= installed().keys()
        if not self.is_told:
            logger.error("Pages are not kept: the database lacks triggers that migrate makes")
        return self.is_told

    def take(self, rows):
        now = Snapshot.read(rows[0][0])
        found = {(key, position) for _, key, position in rows if key}
        changed = {key for key, _ in found - self.seen}
        if now.high < self.now.high:  # another database stands there: nothing holds any more
            changed, found = {PAPER}, set()
        if changed:
            self.changed.update(dict.fromkeys(changed, self.generation + 1))
            self.generation += 1
        self.seen = {row for row in found if row[1] >= now.low}
        self.snapshot, self.now = rows[0][0], now

    def look_ahead(self):
        """Look up when readers will see something else without any change."""
        now, paper = timezone.now(), self.changed.get(PAPER)
        if paper != self.moment_of or self.moment <= now.timestamp():
            self.moment = next_moment(now).timestamp()
            self.moment_of = paper


def next_moment(now):
    """Return the first time after `now` at which something appears or ends by itself."""
    published = Article.objects.in_state(Article.State.PUBLISHED)
    ahead = [
        published.filter(published_at__gt=now).aggregate(at=Min("published_at")),
        Placement.objects.filter(starts_at__gt=now).aggregate(at=Min("starts_at")),
        Placement.objects.filter(ends_at__gt=now).aggregate(at=Min("ends_at")),
        Correction.objects.filter(published_at__gt=now).aggregate(at=Min("published_at")),
    ]
    moments = [now + KEPT, *(row["at"] for row in ahead if row["at"])]
    if days := Masthead.load().comments_close_after_days:
        open_for = timedelta(days=days)
        open_yet = published.filter(published_at__gt=now - open_for, published_at__lte=now)
        if at := open_yet.aggregate(at=Min("published_at"))["at"]:
            moments.append(at + open_for)
    return min(moments)
