"""Settings of the site: the environment first, defaults for development.

`.env.example` explains every variable. What is secret or differs between
machines comes from the environment or from an ignored `.env`; the rest is here.
"""

import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _
from environ.fileaware_mapping import FileAwareMapping

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"


class Secrets(FileAwareMapping):
    """The environment, where `NAME_FILE` may name the file that holds what `NAME` would say."""

    def __getitem__(self, key):
        try:
            return super().__getitem__(key).strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{key}_FILE cannot be read: {error}") from None


class Env(environ.Env):
    ENVIRON = Secrets()


env = Env()
env.read_env(BASE_DIR / ".env")

# The machine and the address

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="development-only" if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. `make run` makes one and keeps it in .env; "
        "on a server, put one into the environment (see .env.example)."
    )
# Former keys, with which nothing is signed any more and what was signed is still good.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
PORT = env.int("PORT", default=8000)
SITE_URL = env("SITE_URL", default=f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [SITE_URL]
HTTPS = SITE_URL.startswith("https://")
# How many proxies of ours stand in front: the reader's address is what the outermost saw.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# The application

INSTALLED_APPS = [
    "newsroom",
    "comments",
    "articles",
    "authors",
    "taggit",
    "django_tasks",
    "django_tasks_db",
    "django_prose_editor",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "newsroom.apps.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "newsroom.observed.Observed",
    "newsroom.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "newsroom.middleware.Compressed",
    "newsroom.databases.ReadReplica",
    "newsroom.middleware.IdleSessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "articles.middleware.OldAddresses",
]

ROOT_URLCONF = "newsroom.urls"
WSGI_APPLICATION = "newsroom.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "newsroom.context_processors.site",
            ],
            "builtins": ["newsroom.templatetags.newsroom"],
        },
    }
]

# Data

# Connections of a process (0: one a thread), and how many ms a statement of a request may take.
DATABASE_POOL = env.int("DATABASE_POOL", default=0)
DATABASE_TIMEOUT = env.int("DATABASE_TIMEOUT", default=15_000)


def database(variable, **default):
    """Return the settings of the database whose address stands in an environment variable."""
    found = {**env.db_url(variable, **default), "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
    if found["ENGINE"] == "django.db.backends.sqlite3":
        # Readers never wait for a writer (WAL), a writer takes its lock at once instead of
        # failing half-way (IMMEDIATE), and a commit is on the disk when it returns (FULL).
        found["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        }
        return found
    found["OPTIONS"] = {"connect_timeout": 5, **found.get("OPTIONS", {})}
    if DATABASE_POOL:
        found["CONN_MAX_AGE"] = 0  # given back to the pool after each request
        found["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 5}
    return found


DATABASES = {"default": database("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/newsroom.db")}
if env("DATABASE_REPLICA_URL", default=""):
    DATABASES["replica"] = database("DATABASE_REPLICA_URL")
    DATABASE_ROUTERS = ["newsroom.databases.Router"]
if any(db["ENGINE"].endswith("sqlite3") for db in DATABASES.values()) and (
    DATABASE_POOL or len(DATABASES) > 1
):
    raise ImproperlyConfigured("DATABASE_POOL and DATABASE_REPLICA_URL are for PostgreSQL alone.")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env("REDIS_URL", default="")
CACHES = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": env("REDIS_PREFIX", default="newsroom"),
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

# Pages that are ready before Django hears of the request; see newsroom/pagecache.py.
PAGE_CACHE = env.bool("PAGE_CACHE", default=True) and not DEBUG
CDN_SECONDS = env.int("CDN_SECONDS", default=1)
CDN_PURGE_URL = env("CDN_PURGE_URL", default="")
CDN_PURGE_TOKEN = env("CDN_PURGE_TOKEN", default="")

MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(VAR_DIR / "media")))
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_S3 = env("MEDIA_S3", default="")


def media(folder, address=None):
    """Return the storage of a folder of MEDIA_ROOT, or of a prefix of the bucket."""
    if not MEDIA_S3:
        options = {"location": MEDIA_ROOT / folder, "base_url": address}
        return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    from botocore.config import Config

    # Everything in the bucket is private: the site itself hands out what readers may have.
    options = {"bucket_name": MEDIA_S3, "location": folder, "default_acl": None}
    options["client_config"] = Config(
        connect_timeout=5, read_timeout=15, retries={"max_attempts": 2}
    )
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}


STORAGES = {
    # What readers may fetch, and the untouched uploads that nobody but the paper may.
    "default": media("public", "/media/"),
    "originals": media("originals"),
    # Headline cards, which their view alone gives out, as long as readers may see the article.
    "cards": media("cards"),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG or "pytest" in sys.modules
            else "newsroom.storage.BundledStaticFilesStorage"
        )
    },
}
WHITENOISE_MAX_AGE = 3600
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# What machines of others are told and asked; everything here is off unless it is set

KAKAO_JS_KEY = env("KAKAO_JS_KEY", default="")
INDEXNOW_KEY = env("INDEXNOW_KEY", default="")
INDEXNOW_URL = env("INDEXNOW_URL", default="https://api.indexnow.org/indexnow")
SITE_VERIFICATION = {  # <meta> of the front page
    "naver-site-verification": env("NAVER_SITE_VERIFICATION", default=""),
    "google-site-verification": env("GOOGLE_SITE_VERIFICATION", default=""),
}
SECURITY_CONTACT = env("SECURITY_CONTACT", default="")
ADS_TXT = env("ADS_TXT", default="")
CARD_FONT = env("CARD_FONT", default="")

# Language and time

LANGUAGE_CODE = env("LANGUAGE_CODE", default="ko")
LANGUAGES = [("ko", _("Korean")), ("en", _("English"))]
FORMAT_MODULE_PATH = "newsroom.formats"
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env("TIME_ZONE", default="Asia/Seoul")
USE_I18N = True
USE_TZ = True

# Accounts

AUTH_USER_MODEL = "authors.User"
AUTHENTICATION_BACKENDS = ["authors.backends.StaffBackend"]
LOGIN_URL = "admin:login"
# Where the newsroom is. Another place keeps those away who try every site's /admin/.
ADMIN_PATH = env("ADMIN_PATH", default="admin").strip("/") + "/"
if not re.fullmatch(r"([\w-]+/)+", ADMIN_PATH, re.ASCII):
    raise ImproperlyConfigured("ADMIN_PATH takes letters, digits, - and _, such as newsdesk-7.")
# Hours after which who was not there has to sign in again; see newsroom/middleware.py.
SESSION_IDLE_HOURS = env.int("SESSION_IDLE_HOURS", default=12)
if SESSION_IDLE_HOURS < 1:
    raise ImproperlyConfigured("SESSION_IDLE_HOURS is a number of hours, 1 at least.")
SESSION_COOKIE_AGE = SESSION_IDLE_HOURS * 3600
PASSWORD_RESET_TIMEOUT = 86_400
PASSWORD_HASHERS = [
    "authors.hashing.OneAtATimeArgon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "authors.passwords.LengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "authors.passwords.KnownPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Whether staff sign in with a code besides the password: "off", "optional" (whoever sets it up),
# "editors" (editors, publishers and superusers get no further before they have).
STAFF_SECOND_FACTOR = env("STAFF_SECOND_FACTOR", default="optional")
if STAFF_SECOND_FACTOR not in ("off", "optional", "editors"):
    raise ImproperlyConfigured("STAFF_SECOND_FACTOR is off, optional or editors.")
OTP_TOTP_THROTTLE_FACTOR = OTP_STATIC_THROTTLE_FACTOR = 0  # authors.access counts failures

# Mail, and the work that is done outside of requests by `manage.py worker`

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = VAR_DIR / "mail"
if env("EMAIL_URL", default=""):
    vars().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 20
READS_WRITTEN_AFTER = 20  # seconds for which readings are gathered; 0 writes each at once
# Where replies to letters go if the masthead names no e-mail of the paper.
SERVER_EMAIL = DEFAULT_FROM_EMAIL = env(
    "DEFAULT_FROM_EMAIL", default=f"no-reply@{urlsplit(SITE_URL).hostname or 'localhost'}"
)

# Backups: the key that they are encrypted with, and how many days, weeks and months stay

BACKUP_KEY_FILE = env("BACKUP_KEY_FILE", default="")
BACKUP_KEEP = env("BACKUP_KEEP", default="7d4w")

# Safety

CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    # Players that an article may show after a click; nothing is loaded before it.
    "frame-src": "https://www.youtube-nocookie.com https://player.vimeo.com https://tv.naver.com",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
if KAKAO_JS_KEY:  # its script is loaded when a reader asks for it, and sends its form to Kakao
    for name, hosts in {
        "script-src": "https://t1.kakaocdn.net",
        "connect-src": "https://*.kakao.com",
        "form-action": "https://sharer.kakao.com",
    }.items():
        CONTENT_SECURITY_POLICY[name] += f" {hosts}"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "newsroom.views.csrf_failure"
FORCE_SCRIPT_NAME = ""  # the site is at the root, whatever a header says: pages are kept for all
SECURE_REFERRER_POLICY = "strict-origin-when-cross-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Lax"
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # the preload list is the owner's decision
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000  # a list of the admin has a hundred rows

# Pictures: what an upload may be

PHOTO_MAX_BYTES = 30 * 2**20
PHOTO_MAX_PIXELS = 40_000_000
PHOTO_MAX_JPEG_PIXELS = 65_000_000  # phones; a JPEG is decoded at half its size

# Tags: 나눔, never 나눔 in pieces, and one tag however it was typed

TAGGIT_CASE_INSENSITIVE = True

# What is said of itself: lines in the log, numbers, errors. All of it without personal data

LOG_FORMAT = env("LOG_FORMAT", default="line")
if LOG_FORMAT not in ("line", "json"):
    raise ImproperlyConfigured("LOG_FORMAT is line or json.")
ACCESS_LOG = env.bool("ACCESS_LOG", default=False)
SLOW_QUERY_MS = env.int("SLOW_QUERY_MS", default=0)  # 0: none is logged
METRICS_TOKEN = env("METRICS_TOKEN", default="")
METRICS = env.bool("METRICS", default=bool(METRICS_TOKEN))
# Whom errors are mailed to, or the Sentry that they are sent to.
ADMINS = [("", address) for address in env.list("ERROR_MAIL", default=[])]
SENTRY_DSN = env("SENTRY_DSN", default="")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"masking": {"()": "newsroom.logs.Masking"}},
    "formatters": {
        "line": {
            "()": "newsroom.logs.Line",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        },
        "json": {"()": "newsroom.logs.Json"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["masking"],
        },
        "mail": {
            "class": "newsroom.reports.ErrorMail",
            "formatter": "line",
            "filters": ["masking"],
            "level": "ERROR",
        },
    },
    "root": {"handlers": ["console", *(["mail"] if ADMINS else [])], "level": "WARNING"},
    "loggers": {
        "django": {"handlers": []},  # its own would mail whole requests
        "comments.upkeep": {"level": "INFO"},  # what was destroyed, in numbers
        "newsroom.access": {"level": "INFO"},
    },
}
