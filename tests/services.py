"""A pytest plugin: PostgreSQL and Valkey of the session's own, running before Django reads its settings.

Where the environment names both, those are used instead. To be run as `python -m pytest`; `-n 2` shares the tests out
over two processes, each with a database of its own on the same PostgreSQL and another number on the same Valkey.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path
from urllib.parse import urlsplit

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
    one_of_several = os.environ.get("PYTEST_XDIST_WORKER", "")
    if one_of_several:
        number = int(one_of_several.removeprefix("gw")) + 1
        os.environ["REDIS_URL"] = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{number}").geturl()
    return (yield)
