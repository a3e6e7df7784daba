"""What every test stands on: files of its own, no network, fast passwords."""

import os

import pytest
from django.core.cache import cache
from django.db import connection


def pytest_configure(config):
    """Where PostgreSQL is asked for, another database must not stand in for it unnoticed."""
    if os.environ.get("REQUIRE_POSTGRES") and connection.vendor != "postgresql":
        raise pytest.UsageError("REQUIRE_POSTGRES is set, but DATABASE_URL names no PostgreSQL.")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, tmp_path_factory):
    """Keep SQLite's test database in a file: a server under test then has connections of its own.

    All threads share the one of a database in memory, and with it each other's transactions.
    """
    # What a test wrote need not survive a loss of power.
    options = connection.settings_dict["OPTIONS"]
    if connection.vendor == "sqlite":
        file = tmp_path_factory.mktemp("database") / "test.db"
        connection.settings_dict["TEST"]["NAME"] = str(file)
        options["init_command"] = options["init_command"].replace("FULL", "OFF")
    else:
        options["options"] = "-c synchronous_commit=off"


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    """Give each test an empty media folder, an empty cache and no kept pages."""
    from comments import words  # models are there only now
    from newsroom.pagestores import shared_store

    settings.VAR_DIR = settings.MEDIA_ROOT = tmp_path
    shared_store.cache_clear()
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "public", "base_url": "/media/"},
        },
        "originals": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "originals", "base_url": None},
        },
        "cards": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "cards", "base_url": None},
        },
    }
    settings.READS_WRITTEN_AFTER = 0
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    cache.clear()
    words.refresh()  # a word that a test added is gone with its transaction
