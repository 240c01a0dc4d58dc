"""What no machine here can run, docker-compose.yml, compared with what `up` runs."""

import shlex
import subprocess
import sys
from typing import Any

import pytest
import yaml

from tracker.roles import ROLES, STOP_SIGNALS
from tracker.state import BASE_DIR

COMPOSE: dict[str, Any] = yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())


@pytest.mark.parametrize("role", ROLES)
def test_compose_runs_what_up_runs(role: str):
    service = COMPOSE["services"][role]
    assert shlex.split(service["command"])[:5] == ["python", "manage.py", "up", "--only", role]
    expected = STOP_SIGNALS[role].name if role in STOP_SIGNALS else None
    assert service.get("stop_signal") == expected
    assert service["restart"] == "unless-stopped"
    assert service["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}
    assert {"DATABASE_URL", "REDIS_URL", "TRACKER_SECRET_KEY"} <= set(service["environment"])


def test_compose_keeps_its_services_to_itself_and_durable():
    db, redis = COMPOSE["services"]["db"], COMPOSE["services"]["redis"]
    assert "ports" not in db and "ports" not in redis
    assert db["volumes"] and redis["volumes"] and db["healthcheck"] and redis["healthcheck"]
    assert "--appendonly yes" in redis["command"] and "--maxmemory-policy noeviction" in redis["command"]


def test_only_becomes_the_process_itself():
    command = [sys.executable, "manage.py", "up", "--only", "worker", "--help-of-nothing"]
    done = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "unrecognized arguments" in done.stderr


def test_requirements_are_pinned_and_name_no_host():
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (BASE_DIR / name).read_text().splitlines()
        assert lines and all("==" in line and "://" not in line for line in lines)
