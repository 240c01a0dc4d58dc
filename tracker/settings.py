"""The site's settings. All that the environment can say is read here; a wrong value stops the start."""

import json
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.conf import locale
from django.core.exceptions import ImproperlyConfigured

from tracker.state import BASE_DIR, make_state, state_folder, write_private

env = environ.Env()


def switch(name: str, default: bool) -> bool:
    # environ's own bool() takes every misspelling for "no".
    value = env.str(name, default=str(default)).strip().lower()
    if value not in ("1", "true", "yes", "on", "0", "false", "no", "off"):
        raise ImproperlyConfigured(f"{name} must be on or off, not {value!r}.")
    return value in ("1", "true", "yes", "on")


def words(name: str, default: str = "") -> list[str]:
    return env.str(name, default=default).replace(",", " ").split()


def site_address(given: str) -> str:
    """Where people reach the site, for the links in letters."""
    address = (given or "http://localhost:8000").rstrip("/")
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        raise ImproperlyConfigured("TRACKER_ADDRESS must be an address such as https://example.org.")
    return address


STATE = state_folder()
DEBUG = switch("TRACKER_DEBUG", False)
HTTPS = switch("TRACKER_HTTPS", False)  # off for `make run`: plain http on this machine
SECOND_FACTOR = switch("TRACKER_SECOND_FACTOR", HTTPS)  # of all staff; who has set one up is asked in any case
ALLOWED_HOSTS = words("TRACKER_HOSTS", "localhost 127.0.0.1 [::1]")
CSRF_TRUSTED_ORIGINS = words("TRACKER_ORIGINS")
ALLOWED_ADDRESSES = words("TRACKER_ALLOWED_ADDRESSES")  # networks outbound.py may reach though they are not public
PROXIES = env.int("TRACKER_PROXIES", default=0)  # how many of our own stand in front
STATEMENT_TIMEOUT_MS = env.int("TRACKER_STATEMENT_TIMEOUT_MS", default=10_000)  # longer for bulk commands
LOG_LEVEL = env.str("TRACKER_LOG_LEVEL", default="INFO").upper()


def secret_key() -> str:
    """The environment's, else one made once and kept in the state folder."""
    given = env.str("TRACKER_SECRET_KEY", default="")
    if given:
        if len(given) < 50:
            raise ImproperlyConfigured("TRACKER_SECRET_KEY must have at least 50 characters.")
        return given
    kept = STATE / "secret_key"
    if not kept.exists():
        write_private(make_state(STATE) / kept.name, secrets.token_urlsafe(50), replace=False)
    return kept.read_text()


SECRET_KEY = secret_key()

# Services: the environment's, else those that `up` runs, else addresses where nothing ever answers: commands
# that need none still work, and manage.py explains the others' failure.
NOWHERE = {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "REDIS_URL": "redis://127.0.0.1:1/0"}
_running = STATE / "services.json"
SERVICES: dict[str, str] = NOWHERE | (json.loads(_running.read_text()) if _running.exists() else {})
DATABASE_URL = env.str("DATABASE_URL", default=SERVICES["DATABASE_URL"])
REDIS_URL = env.str("REDIS_URL", default=SERVICES["REDIS_URL"])
if urlsplit(DATABASE_URL).scheme not in ("postgres", "postgresql"):
    raise ImproperlyConfigured("DATABASE_URL must begin with postgres://.")
if urlsplit(REDIS_URL).scheme not in ("redis", "rediss", "unix"):
    raise ImproperlyConfigured("REDIS_URL must begin with redis://.")
_limits = {
    "statement_timeout": STATEMENT_TIMEOUT_MS,
    "lock_timeout": 3_000,
    "idle_in_transaction_session_timeout": 30_000,
}
DATABASES: dict[str, Any] = {"default": env.db_url_config(DATABASE_URL)}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
DATABASES["default"]["OPTIONS"] = DATABASES["default"].get("OPTIONS", {}) | {
    "connect_timeout": 3,
    "options": " ".join(f"-c {name}={value}" for name, value in _limits.items()),
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "tracker",
        # A frozen Redis must not freeze a page.
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 1},
    }
}

# Letters to subscribers. With no server for them they are put into the state folder, one file each.
EMAIL_URL = env.str("TRACKER_EMAIL_URL", default="")
ADDRESS = site_address(env.str("TRACKER_ADDRESS", default=""))  # without a slash at its end
if EMAIL_URL:
    if urlsplit(EMAIL_URL).scheme not in ("smtp", "smtp+tls", "smtp+ssl") or not urlsplit(EMAIL_URL).hostname:
        raise ImproperlyConfigured("TRACKER_EMAIL_URL must begin with smtp://, smtp+tls:// or smtp+ssl://.")
    _mail = env.email_url_config(EMAIL_URL)
    EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"] or 587
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"] or "", _mail["EMAIL_HOST_PASSWORD"] or ""
    EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.get("EMAIL_USE_TLS", False), _mail.get("EMAIL_USE_SSL", False)
    EMAIL_TIMEOUT = 10
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(STATE / "mail")
DEFAULT_FROM_EMAIL = env.str("TRACKER_EMAIL_FROM", default="") or f"border-crossings@{urlsplit(ADDRESS).hostname}"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "crossings.apps.CrossingsConfig",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "crossings.web.compress.Compress",  # outside of the API's door
    "crossings.api.door.ApiDoor",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "crossings.web.middleware.ContentSecurity",  # outside of LocaleMiddleware, whose Vary it drops from public pages
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "crossings.admin.door.DeskDoor",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "tracker.urls"
WSGI_APPLICATION = "tracker.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("TRACKER_STATIC", default=str(STATE / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000

# Django knows neither Pashto nor Dari. A language is offered once it has a compiled catalogue: without one,
# Django would silently show English from left to right under that language's address.
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
locale.LANG_INFO |= {
    "ps": {"bidi": True, "code": "ps", "name": "Pashto", "name_local": "پښتو"},
    "fa-af": {"bidi": True, "code": "fa-af", "name": "Dari", "name_local": "دری"},
}
LANGUAGES_BIDI = ["ps", "fa", "fa-af", "ur"]  # Django asks for the direction of fa-af by "fa"
PLANNED_LANGUAGES = {"ps": "Pashto", "fa-af": "Dari", "ur": "Urdu"}
LANGUAGES = [("en", "English")] + [
    (code, name)
    for code, name in PLANNED_LANGUAGES.items()
    if (BASE_DIR / "locale" / code.replace("-af", "_AF") / "LC_MESSAGES/django.mo").exists()
]

PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_validators = "django.contrib.auth.password_validation."
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": _validators + "UserAttributeSimilarityValidator"},
    {"NAME": _validators + "MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": _validators + "CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# Who guesses passwords is locked out by name and address together, so that nobody locks out a colleague elsewhere.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "crossings.caller.address_of"
AXES_LOCKOUT_CALLABLE = "crossings.admin.door.locked_out"
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True  # no list of who signed in from where
AXES_ENABLE_ADMIN = False  # a lock-out is ended on the page of the person
OTP_TOTP_ISSUER = "Border crossings"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_ENDS_AFTER = 12 * 3600  # seconds from signing in, however busy
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"  # others learn nothing; with none at all browsers fail Django's own forms
if HTTPS and not DEBUG:
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    if PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

REST_FRAMEWORK = {
    # Closed by default: a view that is public says so itself.
    "DEFAULT_AUTHENTICATION_CLASSES": ["crossings.api.auth.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["crossings.api.auth.DenyAll"],
    "DEFAULT_THROTTLE_CLASSES": ["crossings.api.throttle.KeyRate"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "EXCEPTION_HANDLER": "crossings.api.problems.handler",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "URL_FORMAT_OVERRIDE": None,
    "NUM_PROXIES": PROXIES,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Border-crossing status tracker",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "tracker.logs.OneLine"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "axes": {"level": "WARNING"},  # each sign-in is a row; a lock-out is a line
        "django": {"handlers": [], "propagate": True},  # its own handlers mail admins and colour the console
        # A line per tick and per task says nothing: polls and deliveries leave rows.
        **{f"celery.{noisy}": {"level": "WARNING"} for noisy in ("beat", "worker.strategy", "app.trace")},
    },
}
