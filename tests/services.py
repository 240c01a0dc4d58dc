"""A pytest plugin: PostgreSQL and Valkey of the session's own, running before Django reads its settings.

Where the environment names both, those are used instead. To be run as `python -m pytest`.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tracker.embedded import Postgres, Service, Valkey


def provide(name: str, service: Service) -> None:
    if not os.environ.get(name):
        os.environ[name] = service.start()
        atexit.register(shutil.rmtree, service.home, ignore_errors=True)
        atexit.register(service.stop)  # the last registered goes first


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    state = Path(tempfile.mkdtemp(prefix="tracker-tests-"))
    state.chmod(0o711)  # as root, PostgreSQL runs as another user, who has to pass through
    atexit.register(shutil.rmtree, state, ignore_errors=True)
    (state / "static").mkdir()
    os.environ["TRACKER_STATE"] = str(state)
    # Not durable, for speed; `up` never runs without fsync.
    provide("DATABASE_URL", Postgres(state, fsync=False))
    provide("REDIS_URL", Valkey(state))
    return (yield)
