"""The services that `up` and this very session run on."""

import os
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tracker.embedded import UNPRIVILEGED, Postgres, Service, ServiceError, Valkey


@pytest.fixture
def state() -> Generator[Path]:
    # Not pytest's tmp_path: PostgreSQL's own user cannot pass through that one.
    folder = Path(tempfile.mkdtemp(prefix="tracker-state-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres(state: Path) -> Generator[Postgres]:
    service = Postgres(state)
    yield service
    service.stop()
    shutil.rmtree(service.home, ignore_errors=True)


def run(service: Service, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(service.url(), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def kill(service: Service) -> int:
    assert service.child is not None
    service.child.send_signal(signal.SIGKILL)
    service.child.wait()
    return service.child.pid


def test_postgres_keeps_data_and_port_over_kill(postgres: Postgres):
    url = postgres.start()
    run(postgres, "CREATE TABLE kept AS SELECT 1 AS one")
    kill(postgres)
    assert not postgres.alive()
    assert postgres.start() == url
    assert run(postgres, "SELECT one FROM kept") == [(1,)]
    assert run(postgres, "SHOW fsync") == [("on",)]


def test_another_object_finds_the_same_database(state: Path, postgres: Postgres):
    postgres.start()
    run(postgres, "CREATE TABLE kept AS SELECT 1 AS one")
    postgres.stop()
    later = Postgres(state)
    later.start()
    try:
        assert run(later, "SELECT one FROM kept") == [(1,)]
    finally:
        later.stop()


def test_a_lock_naming_somebody_elses_process_is_stale(postgres: Postgres):
    postgres.start()
    kill(postgres)
    stranger = subprocess.Popen(["/bin/sleep", "60"], user=postgres.user)
    try:
        lock = postgres.data / "postmaster.pid"
        lock.write_text("\n".join([str(stranger.pid), *lock.read_text().splitlines()[1:]]) + "\n")
        postgres.start()
        assert run(postgres, "SELECT 1") == [(1,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_forgotten_server_is_ended_first(state: Path, postgres: Postgres):
    postgres.start()
    forgotten = postgres.child
    assert forgotten is not None
    later = Postgres(state)
    later.start()
    try:
        assert forgotten.wait(5) == 0
    finally:
        later.stop()


def test_only_its_own_role_may_log_in(postgres: Postgres):
    url = postgres.start()
    with pytest.raises(psycopg.OperationalError, match="no pg_hba"):
        psycopg.connect(url.replace("postgres://tracker:", "postgres://postgres:"))
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(postgres.password, "guess"))


def test_a_database_that_is_gone_is_not_silently_replaced(postgres: Postgres):
    postgres.start()
    postgres.stop()
    shutil.rmtree(postgres.home)
    with pytest.raises(ServiceError, match="is gone from"):
        postgres.start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user for PostgreSQL")
def test_as_root_in_a_closed_home(state: Path):
    home = state / "home"
    home.mkdir(mode=0o700)
    postgres = Postgres(home / "project" / "var")
    try:
        postgres.start()
        assert run(postgres, "SELECT 1") == [(1,)]
        assert not postgres.home.is_relative_to(home)
        assert postgres.home.owner() == UNPRIVILEGED
        assert stat.S_IMODE(postgres.home.stat().st_mode) == 0o700
        assert stat.S_IMODE(home.stat().st_mode) == 0o700
        assert stat.S_IMODE(postgres.note.stat().st_mode) == 0o600
    finally:
        postgres.stop()
        shutil.rmtree(postgres.home, ignore_errors=True)


def test_valkey_keeps_what_it_was_given_and_its_password(state: Path):
    valkey = Valkey(state)
    url = valkey.start()
    try:
        redis.Redis.from_url(url).set("kept", "1")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=valkey.port, retry=Retry(NoBackoff(), 0)).get("kept")
        valkey.stop()
        assert valkey.start() == url
        assert redis.Redis.from_url(url).get("kept") == b"1"
    finally:
        valkey.stop()
