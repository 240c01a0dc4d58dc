"""Wrong values stop the start, and what is right is safe."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tracker.logs import OneLine
from tracker.state import BASE_DIR


def manage(state: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BASE_DIR,
        env=os.environ | {"TRACKER_STATE": str(state)} | env,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("TRACKER_DEBUG", "maybe", "TRACKER_DEBUG must be on or off"),
        ("TRACKER_HTTPS", "yess", "TRACKER_HTTPS must be on or off"),
        ("TRACKER_SECRET_KEY", "short", "at least 50 characters"),
        ("TRACKER_PROXIES", "one", "invalid literal for int"),
        ("TRACKER_STATEMENT_TIMEOUT_MS", "10s", "invalid literal for int"),
        ("DATABASE_URL", "mysql://u:p@h/d", "must begin with postgres://"),
        ("REDIS_URL", "localhost:6379", "must begin with redis://"),
        ("TRACKER_EMAIL_URL", "mail.example.org:587", "TRACKER_EMAIL_URL must begin with smtp://"),
        ("TRACKER_ADDRESS", "example.org", "TRACKER_ADDRESS must be an address such as https://example.org"),
        ("TRACKER_ADDRESS", "https://example.org/site/", "TRACKER_ADDRESS must be an address"),
    ],
)
def test_wrong_values_are_named(tmp_path: Path, name: str, value: str, reason: str):
    done = manage(tmp_path, "check", **{name: value})
    assert done.returncode != 0
    assert reason in done.stderr


def test_behind_https_django_finds_nothing_to_warn_of(tmp_path: Path):
    done = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", "--tag", "security", TRACKER_HTTPS="on")
    assert done.returncode == 0, done.stderr


def test_the_secret_key_is_made_once_and_for_us_alone(tmp_path: Path):
    manage(tmp_path, "check")
    key = tmp_path / "secret_key"
    first = key.read_text()
    manage(tmp_path, "check")
    assert key.read_text() == first
    assert len(first) >= 50
    assert key.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("said", "logged"),
    [
        ("two\nlines\r", r"two\nlines\r"),
        ("at redis://:s3cret@127.0.0.1:1/0", "at redis://:***@127.0.0.1:1/0"),
        ("at postgres://tracker:s3cret@db/tracker", "at postgres://tracker:***@db/tracker"),
        ("Authorization: Bearer bct_abc123", "Authorization: Bearer ***"),
        ("GET https://example.org/a:b@c", "GET https://example.org/a:b@c"),
    ],
)
def test_a_log_line_is_one_line_without_secrets(said: str, logged: str):
    record = logging.LogRecord("crossings", logging.INFO, "", 0, said, None, None)
    assert OneLine().format(record).split(" INFO crossings ")[1] == logged


@pytest.mark.parametrize(
    ("url", "means"),
    [
        ("", "filebased '' 25 '' '' False False"),
        ("smtp://mail.example.org", "smtp 'mail.example.org' 587 '' '' False False"),
        ("smtp+tls://me:p%40ss@mail.example.org:25", "smtp 'mail.example.org' 25 'me' 'p@ss' True False"),
        ("smtp+ssl://mail.example.org:465", "smtp 'mail.example.org' 465 '' '' False True"),
    ],
)
def test_letters_go_by_the_server_that_is_named_or_into_files(tmp_path: Path, url: str, means: str):
    asked = (
        "from django.conf import settings as s; host = s.EMAIL_HOST.replace('localhost', '');"
        "print('>', s.EMAIL_BACKEND.split('.')[-2], repr(host), s.EMAIL_PORT, repr(s.EMAIL_HOST_USER),"
        " repr(s.EMAIL_HOST_PASSWORD), s.EMAIL_USE_TLS, s.EMAIL_USE_SSL, s.DEFAULT_FROM_EMAIL, s.ADDRESS)"
    )
    done = manage(
        tmp_path, "shell", "--no-imports", "-c", asked, TRACKER_EMAIL_URL=url, TRACKER_ADDRESS="https://b.example.org/"
    )
    assert f"> {means} border-crossings@b.example.org https://b.example.org" in done.stdout, done.stderr
