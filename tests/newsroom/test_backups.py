"""Backups: what comes back is what was there, and what is not whole is refused."""

import gc
import json
import os
import shutil
import sqlite3
import subprocess
from datetime import datetime
from itertools import product
from pathlib import Path
from threading import Event, Thread

import pyrage
import pytest
import time_machine
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import translation

from articles.models import Article, Photo, originals
from comments.models import Comment
from newsroom import backups
from newsroom.backups.databases import database, fingerprints
from newsroom.backups.vault import Vault, kept
from newsroom.models import PageChange
from tests.comments.posting import write
from tests.factories import image_file, make_article, make_comment, make_photo

pytestmark = pytest.mark.django_db(transaction=True)
only_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="asks PostgreSQL")


@pytest.fixture(autouse=True)
def nobody_else():
    """Close the connections of other threads, of a server of earlier tests: a restore is alone."""
    gc.collect()
    for other in gc.get_objects():
        if isinstance(other, sqlite3.Connection) and other is not connection.connection:
            other.close()


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "backups"


@pytest.fixture
def paper():
    """A small paper: a picture, an article for everybody, a draft, an answered comment."""
    article = make_article("봉화 장터에 다시 켜진 불 🔥", hero=make_photo())
    make_article("아직 아무도 모르는 이야기", state="draft", published_at=None)
    make_comment(article, "불빛이 좋네요.", email="reader@example.com")
    return article


@pytest.fixture(params=["plain", "encrypted"])
def key(request, settings, tmp_path):
    settings.BACKUP_KEY_FILE = new_key(tmp_path) if request.param == "encrypted" else ""
    return settings.BACKUP_KEY_FILE


def new_key(folder, name="key"):
    """Write a key as age-keygen does; return its path."""
    path = folder / name
    path.write_text(f"# created: today\n{pyrage.x25519.Identity.generate()}\n")
    return str(path)


def state():
    """Return what the paper is: all its rows and all its files."""
    live = database()
    connection.close()
    with live.opened() as select:
        rows = fingerprints(select, live)
    del rows["newsroom_pagechange"]  # of which pages are stale, not of the paper
    roots = {"public": default_storage.location, "originals": originals().location}
    files = {
        f"{name}/{path.relative_to(root)}": path.read_bytes()
        for name, root in roots.items()
        for path in Path(root).rglob("*")
        if path.is_file()
    }
    return rows, files


def lose_everything():
    call_command("flush", interactive=False, verbosity=0)
    for storage in (default_storage, originals()):
        shutil.rmtree(storage.location, ignore_errors=True)


def contents(folder):
    """Return {path: (its time, its size)} of all files of a folder."""
    return {
        path.relative_to(folder): (path.stat().st_mtime_ns, path.stat().st_size)
        for path in folder.rglob("*")
        if path.is_file()
    }


def newest(folder):
    return max(path for path in (folder / "backups").iterdir() if path.name[0] != ".")


def rewrite(folder, change):
    """Change the newest manifest as only who has the key can."""
    vault = Vault(folder)
    content = vault.manifest()
    change(content)
    vault.write_manifest(newest(folder), content)


def restore(folder, **options):
    call_command("restore", folder, replace=True, is_asked=False, **options)


def drill(folder, pages=0):
    call_command("drill", folder, pages=pages)


class TestThereAndBack:
    def test_paper_comes_back_as_it_was(self, paper, folder, key, capsys):
        before = state()
        call_command("backup", folder)
        assert state() == before
        call_command("drill", folder)
        assert state() == before
        lose_everything()
        assert state() != before
        call_command("restore", folder)
        assert state() == before
        assert paper.headline in Client().get(paper.get_absolute_url()).content.decode()
        make_comment(paper, "다시 쓸 수 있네요.")  # sequences came back as well
        out = capsys.readouterr().out
        assert out.count("2 articles, 1 comments, 1 photos") == 3
        assert "1 articles were opened" in out

    def test_encrypted_one_says_nothing(self, paper, folder, settings, tmp_path):
        settings.BACKUP_KEY_FILE = new_key(tmp_path)
        call_command("backup", folder)
        data = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        for secret in ("reader@example.com", paper.headline, "불빛이 좋네요."):
            assert secret.encode() not in data
        with originals().open(paper.hero.original) as file:
            assert file.read()[:512] not in data

    def test_age_itself_opens_an_encrypted_one(self, paper, folder, settings, tmp_path):
        settings.BACKUP_KEY_FILE = new_key(tmp_path)
        call_command("backup", folder)
        identity = pyrage.x25519.Identity.from_str(
            Path(settings.BACKUP_KEY_FILE).read_text().splitlines()[-1]
        )
        file = next(newest(folder).glob("database.*.age"))
        plain = pyrage.decrypt(file.read_bytes(), [identity])
        assert plain.startswith((b"SQLite format 3\0", b"PGDMP"))

    def test_paper_that_is_there_is_not_touched_unasked(self, paper, folder):
        call_command("backup", folder)
        before = state()
        with pytest.raises(CommandError, match="There is a paper already"):
            call_command("restore", folder)
        assert state() == before
        call_command("flush", interactive=False, verbosity=0)  # only files are there
        with pytest.raises(CommandError, match=r"\(pictures\)"):
            call_command("restore", folder)
        restore(folder)
        assert state() == before

    def test_replacing_removes_what_came_later_and_asks_before(self, paper, folder, monkeypatch):
        call_command("backup", folder)
        before = state()
        make_photo(image_file(colour=(200, 20, 20)))
        make_article("나중 기사")
        later = state()
        monkeypatch.setattr("builtins.input", lambda text: "no")
        with pytest.raises(CommandError, match="You did not say yes"):
            call_command("restore", folder, replace=True)
        assert state() == later
        monkeypatch.setattr("builtins.input", lambda text: "yes")
        call_command("restore", folder, replace=True)
        assert state() == before

    def test_any_backup_can_be_named(self, paper, folder):
        with time_machine.travel(datetime(2026, 11, 20, 3)):
            call_command("backup", folder)
        first, before = newest(folder).name, state()
        make_article("나중 기사")
        call_command("backup", folder)
        assert newest(folder).name != first
        restore(folder, backup=first)
        assert state() == before
        with pytest.raises(CommandError, match="There is no backup 2001"):
            restore(folder, backup="2001")

    def test_everything_acknowledged_before_is_in_it(self, paper, folder, settings):
        saved, stop = [], Event()
        writers = [
            Thread(target=keep_writing, args=(paper, saved, stop, number)) for number in range(3)
        ]
        for writer in writers:
            writer.start()
        try:
            while len(saved) < 10:
                assert any(writer.is_alive() for writer in writers)
            acknowledged = list(saved)
            call_command("backup", folder)
            after = len(saved)
        finally:
            stop.set()
            for writer in writers:
                writer.join()
        assert after > len(acknowledged)  # they went on meanwhile
        call_command("drill", folder, pages=1)
        restore(folder)
        texts = set(Comment.objects.values_list("text", flat=True))
        assert set(acknowledged) <= texts

    def test_drill_stays_apart_where_secrets_are_in_files(
        self, paper, folder, tmp_path, monkeypatch
    ):
        (tmp_path / "url").write_text(os.environ.get("DATABASE_URL", "sqlite:////nowhere/live.db"))
        monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "url"))
        call_command("backup", folder)
        drill(folder, pages=1)

    def test_pages_of_the_former_paper_are_stale(self, paper, folder):
        call_command("backup", folder)
        PageChange.objects.create(key="paper", position=2**40)  # of a server that counts further
        call_command("backup", folder)
        restore(folder)
        assert PageChange.objects.get().position < 2**40

    def test_older_backup_asks_for_migrate(self, paper, folder, capsys):
        newest = MigrationLoader(connection).graph.leaf_nodes("newsroom")[0]
        MigrationRecorder(connection).record_unapplied(*newest)
        try:
            call_command("backup", folder)
            restore(folder)
        finally:
            MigrationRecorder(connection).record_applied(*newest)
        assert "run `manage.py migrate` now" in capsys.readouterr().out
        call_command("backup", folder)
        restore(folder)
        assert "migrate" not in capsys.readouterr().out


def keep_writing(article, saved, stop, number):
    """Send comments until told to stop; note those whose writer was told that they are saved."""
    try:
        while not stop.is_set():
            text = f"{number}번 독자의 {len(saved)}번째 이야기"
            address = f"10.{number}.{len(saved) // 200}.{len(saved) % 200}"
            answer = write(Client(REMOTE_ADDR=address), article, text=text)
            if answer.status_code == 302:
                saved.append(text)
    finally:
        connections.close_all()


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-20])


def empty(path):
    path.write_bytes(b"")


def a_picture(folder):
    return max((folder / "media").glob("*/*"), key=lambda path: path.stat().st_size)


def a_database(folder):
    return next(newest(folder).glob("database.*"))


def a_manifest(folder):
    return newest(folder) / "manifest.json"


class TestRefused:
    def test_harmed_file(self, paper, folder, key):
        call_command("backup", folder)
        before = state()
        for part, harm in product((a_picture, a_database), (flip, truncate, empty, Path.unlink)):
            path = part(folder)
            whole = path.read_bytes()
            harm(path)
            gone = harm is Path.unlink
            reason = "is missing from the backup" if gone else "damaged or was changed"
            for command in (restore, drill):
                with pytest.raises(CommandError, match=reason):
                    command(folder)
            path.write_bytes(whole)
        assert state() == before
        restore(folder)

    def test_harmed_manifest(self, paper, folder, key):
        call_command("backup", folder)
        path = a_manifest(folder)
        whole = path.read_bytes()
        for harm in (truncate, empty, Path.unlink):
            harm(path)
            with pytest.raises(CommandError, match=r"manifest\.json"):
                restore(folder)
            path.write_bytes(whole)
        restore(folder)

    def test_edited_manifest(self, paper, folder, key):
        call_command("backup", folder)
        path = a_manifest(folder)
        whole = path.read_text()
        data = json.loads(whole)
        name = next(iter(data["content"]["media"]["originals"]))
        data["content"]["media"]["originals"].pop(name)
        path.write_text(json.dumps(data))
        with pytest.raises(CommandError, match=r"manifest\.json is damaged or was changed"):
            restore(folder)
        path.write_text(whole)
        restore(folder)

    def test_old_backup_under_a_new_name(self, paper, folder, key):
        call_command("backup", folder)
        name = newest(folder)
        renamed = name.rename(name.with_name("2199-01-01T000000.000000Z"))
        with pytest.raises(CommandError, match="damaged or was changed"):
            restore(folder)
        renamed.rename(name)
        restore(folder)

    def test_other_key_none_and_one_too_many(self, paper, folder, settings, tmp_path):
        right, wrong = new_key(tmp_path, "right"), new_key(tmp_path, "wrong")
        settings.BACKUP_KEY_FILE = right
        call_command("backup", folder)
        for key, reason in ((wrong, "made with another key"), ("", "The backup is encrypted")):
            settings.BACKUP_KEY_FILE = key
            with pytest.raises(CommandError, match=reason):
                restore(folder)
        settings.BACKUP_KEY_FILE = right
        restore(folder)
        call_command("backup", plain := folder / "plain")
        settings.BACKUP_KEY_FILE = ""
        call_command("backup", plain)
        settings.BACKUP_KEY_FILE = right
        with pytest.raises(CommandError, match="anybody might have made it"):
            restore(plain)

    @pytest.mark.parametrize("text", [None, "", "AGE-SECRET-KEY-1NONSENSE"])
    def test_file_that_holds_no_key(self, paper, folder, settings, tmp_path, text):
        path = tmp_path / "no-key"
        if text is not None:
            path.write_text(text)
        settings.BACKUP_KEY_FILE = str(path)
        with pytest.raises(CommandError, match="holds no key of age"):
            call_command("backup", folder)
        assert not folder.exists()

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"migrations": ["articles.9999_of_tomorrow"]}, "made by a newer version"),
            ({"database": {"kind": "oracle"}}, "The backup is of oracle"),
        ],
    )
    def test_backup_that_does_not_fit(self, paper, folder, changes, reason):
        call_command("backup", folder)
        before = state()
        rewrite(folder, lambda content: content.update(changes))
        for command in (restore, drill):
            with pytest.raises(CommandError, match=reason):
                command(folder)
        assert state() == before

    def test_rows_that_changed_on_the_way(self, paper, folder):
        call_command("backup", folder)
        rewrite(folder, lambda content: content["tables"].update(comments_comment=[2, "0" * 64]))
        with pytest.raises(CommandError, match="came back changed: comments_comment"):
            call_command("drill", folder)

    def test_picture_that_the_backup_never_had(self, paper, folder):
        call_command("backup", folder)
        rewrite(folder, lambda content: content["media"]["originals"].clear())
        with pytest.raises(CommandError, match="pictures are lost: originals/"):
            call_command("drill", folder)

    def test_folder_without_backups(self, folder):
        for command in ("restore", "drill"):
            with pytest.raises(CommandError, match="There is no backup in"):
                call_command(command, folder)

    def test_scratch_is_gone_after_success_and_failure(self, paper, folder, tmp_path, monkeypatch):
        scratch = tmp_path / "scratch"
        scratch.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(scratch))
        call_command("backup", folder)
        call_command("drill", folder, pages=0)
        rewrite(folder, lambda content: content["tables"].update(comments_comment=[2, "0" * 64]))
        with pytest.raises(CommandError):
            call_command("drill", folder)
        assert not list(scratch.iterdir())
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE '%\\_drill\\_%'")
                names = [name for (name,) in cursor.fetchall()]
            assert not [name for name in names if connection.settings_dict["NAME"] in name]

    def test_database_that_others_use(self, paper, folder, monkeypatch):
        monkeypatch.setattr("newsroom.backups.databases.PATIENCE", 1)
        call_command("backup", folder)
        before = state()
        other = connection.copy()
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT * FROM articles_article")
            cursor.fetchone()
            with pytest.raises(CommandError, match="The database is in use"):
                restore(folder)
        other.rollback()
        other.close()
        assert state() == before
        restore(folder)

    @only_postgres
    def test_programs_of_postgresql_that_are_old_or_missing(self, folder, tmp_path, monkeypatch):
        programs = tmp_path / "programs"
        programs.mkdir()
        monkeypatch.setenv("PATH", str(programs))
        with pytest.raises(CommandError, match="pg_dump is not installed"):
            call_command("backup", folder)
        (programs / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n")
        (programs / "pg_dump").chmod(0o755)
        with pytest.raises(CommandError, match="pg_dump 9 is too old"):
            call_command("backup", folder)
        monkeypatch.undo()
        call_command("backup", folder)


class TestFolder:
    def test_second_backup_copies_only_what_is_new(self, paper, folder, key):
        call_command("backup", folder)
        before = contents(folder / "media")
        photo = make_photo(image_file(colour=(200, 20, 20)))
        call_command("backup", folder)
        after = contents(folder / "media")
        assert {path: after[path] for path in before} == before
        new = len(Vault(folder).manifest()["media"]["originals"])
        assert new == 2
        assert len(after) > len(before)
        call_command("backup", folder)
        assert contents(folder / "media") == after
        assert Photo.objects.get(pk=photo.pk).original

    def test_kept_picture_that_was_cut_off_is_copied_again(self, paper, folder, key):
        call_command("backup", folder)
        path = a_picture(folder)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(CommandError, match="damaged or was changed"):
            restore(folder)
        call_command("backup", folder)
        restore(folder)

    def test_old_backups_go_and_their_pictures_with_them(self, paper, folder):
        photo = make_photo(image_file(colour=(200, 20, 20)))
        for day in (20, 21, 22):
            with time_machine.travel(datetime(2026, 11, day, 3)):
                call_command("backup", folder, keep="2d")
            if day == 20:
                pictures = len(contents(folder / "media"))
                original = photo.original
                photo.delete()
                originals().delete(original)
        assert [path.name[:10] for path in sorted((folder / "backups").iterdir())] == [
            "2026-11-21",
            "2026-11-22",
        ]
        assert len(contents(folder / "media")) == pictures / 2
        restore(folder)

    def test_no_picture_goes_while_a_manifest_cannot_be_read(self, paper, folder):
        with time_machine.travel(datetime(2026, 11, 20, 3)):
            call_command("backup", folder)
        before = set(contents(folder / "media"))
        a_manifest(folder).write_text("{")
        shutil.rmtree(default_storage.location)
        call_command("backup", folder)
        assert set(contents(folder / "media")) == before

    def test_file_that_is_gone_is_told_and_not_fatal(self, paper, folder, capsys):
        originals().delete(paper.hero.original)
        call_command("backup", folder)
        assert "1 files that the database names were not there" in capsys.readouterr().err
        assert backups.last()["missing"] == 1
        call_command("drill", folder, pages=0)
        assert "1 files were missing on the day" in capsys.readouterr().out

    def test_two_at_once(self, paper, folder):
        with Vault(folder).locked():
            for command in ("backup", "drill", "restore"):
                with pytest.raises(CommandError, match="is at work in"):
                    call_command(command, folder)
        call_command("backup", folder)

    def test_what_was_killed_is_cleared_away(self, paper, folder):
        half = folder / "backups" / ".2026-11-20T000000.000000Z"
        half.mkdir(parents=True)
        (half / "database.sqlite3").write_text("half")
        with pytest.raises(CommandError, match="There is no backup in"):
            call_command("drill", folder)
        call_command("backup", folder)
        assert not half.exists()

    def test_full_disk(self, paper, folder, key):
        folder.mkdir()
        size = ["-o", "size=24m", "tmpfs", str(folder)]
        if subprocess.run(["mount", "-t", "tmpfs", *size], capture_output=True).returncode:
            pytest.skip("only who may mount a small disk can fill one")
        try:
            call_command("backup", folder)
            before, last = contents(folder), backups.last()
            make_photo(image_file(colour=(200, 20, 20)))
            room = shutil.disk_usage(folder).free
            (folder / "filler").write_bytes(bytes(room - 16_384))
            with pytest.raises(CommandError, match="disk is full"):
                call_command("backup", folder)
            (folder / "filler").unlink()
            assert contents(folder) == before
            assert backups.last() == last
            call_command("backup", folder)
            restore(folder)
        finally:
            subprocess.run(["umount", str(folder)], check=True)

    def test_disk_that_fills_with_the_last_picture(self, paper, folder, key, monkeypatch):
        """The database fits and the pictures do not."""
        call_command("backup", folder)
        before = contents(folder)
        make_photo(image_file(colour=(200, 20, 20)))
        kept, keep = [], Vault.keep

        def keep_some(vault, file):
            if len(kept) == 3:
                raise OSError(28, "No space left on device")
            kept.append(keep(vault, file))
            return kept[-1]

        monkeypatch.setattr(Vault, "keep", keep_some)
        with pytest.raises(CommandError, match="disk is full"):
            call_command("backup", folder)
        assert contents(folder) == before

    def test_what_to_keep(self):
        days = ["09-30", "10-31", "11-14", "11-15", "11-16", "11-17", "11-18"]
        days = [f"2026-{day}T120000.000000Z" for day in days]
        twice = [*days, "2026-11-18T130000.000000Z"]

        def short(names):
            return sorted(name[5:13] for name in names)

        assert short(kept(twice, "2d")) == ["11-17T12", "11-18T13"]
        assert short(kept(twice, "1d2w")) == ["11-15T12", "11-18T13"]
        assert short(kept(twice, "3m")) == ["09-30T12", "10-31T12", "11-18T13"]
        assert short(kept(days, "0d")) == ["11-18T12"]

    @pytest.mark.parametrize("keep", ["", "7", "d", "7 days", "7m4d"])
    def test_what_to_keep_is_said_wrongly(self, paper, folder, keep):
        with pytest.raises(CommandError, match="does not say what to keep"):
            call_command("backup", folder, keep=keep)
        assert not folder.exists()


class TestLast:
    def test_nothing_then_what_was_made(self, paper, folder, key):
        assert backups.last() is None
        call_command("backup", folder)
        last = backups.last()
        assert last["name"] == newest(folder).name
        assert last["is_encrypted"] is bool(key)
        assert last["counts"]["articles"] == Article.objects.count() == 2
        assert last["size"] > 100_000
        assert last["made_at"].tzinfo

    def test_broken_record_is_none(self, settings):
        (settings.MEDIA_ROOT / "backup.json").write_text("{")
        assert backups.last() is None
