"""`up` and its children, for real: started, killed and started again."""

import itertools
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path

import psutil
import psycopg
import pytest

from tracker.embedded import ServiceError, free_port
from tracker.process import command_line, end, spawn
from tracker.state import BASE_DIR
from tracker.supervisor import Supervisor, Watched

START = 120.0


class Up:
    """One run of `up`; its lines are read as they come."""

    def __init__(self, state: Path, port: int) -> None:
        self.state, self.port = state, port
        hidden = ("DATABASE_URL", "REDIS_URL")
        env = {name: value for name, value in os.environ.items() if name not in hidden}
        command = [sys.executable, "manage.py", "up", "--port", str(port), "--empty"]
        self.process = subprocess.Popen(
            command, cwd=BASE_DIR, env=env | {"TRACKER_STATE": str(state)}, stdout=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []

    def until(self, beginning: str) -> str:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith(beginning):
                return line.rstrip("\n")
        raise AssertionError(f"no line {beginning!r} in {self.lines}")

    def get(self, path: str) -> int:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            status: int = answer.status
            return status

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def find(self, *words: str) -> psutil.Process:
        """The direct child whose command line has all these words."""
        for child in psutil.Process(self.process.pid).children():
            if all(any(word in part for part in child.cmdline()) for word in words):
                return child
        raise AssertionError(f"no child {words}")

    def end(self, by: signal.Signals) -> int:
        self.process.send_signal(by)
        return self.process.wait(25)


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def none_left(family: list[psutil.Process]) -> Callable[[], bool]:
    def check() -> bool:
        return not psutil.wait_procs(family, 0)[1]

    return check


def answers(up: Up, path: str) -> Callable[[], bool]:
    def check() -> bool:
        try:
            return up.get(path) == 200
        except OSError:
            return False

    return check


@pytest.fixture(scope="module")
def state() -> Generator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="tracker-up-"))
    folder.chmod(0o711)
    yield folder / "vår 1"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def up(state: Path) -> Generator[Up]:
    one = Up(state, free_port())
    yield one
    if one.process.poll() is None:
        one.end(signal.SIGTERM)


@pytest.mark.faults
def test_first_start_then_sigterm(state: Path):
    """The state folder is new: this one comes first."""
    parent = stat.S_IMODE(state.parent.stat().st_mode)
    up = Up(state, free_port())
    assert up.until("Ready:") == f"Ready: http://127.0.0.1:{up.port}/"
    assert any(line.startswith("Staff name: admin   password: ") for line in up.lines)
    assert up.get("/") == up.get("/healthz") == up.get("/admin/login/") == 200
    assert stat.S_IMODE(state.parent.stat().st_mode) == parent
    assert all(stat.S_IMODE((state / name).stat().st_mode) == 0o600 for name in ("services.json", "secret_key"))
    family = up.family()
    assert len(family) > 8
    assert up.end(signal.SIGTERM) == 0
    assert none_left(family)(), "something outlived SIGTERM"
    assert not (state / "services.json").exists()


@pytest.mark.faults
def test_next_start_is_quick_and_ctrl_c_ends_it(up: Up):
    begun = time.monotonic()
    up.until("Ready:")
    assert time.monotonic() - begun < 15
    assert not any("password" in line for line in up.lines)
    family = up.family()
    assert up.end(signal.SIGINT) == 0
    assert none_left(family)(), "something outlived Ctrl-C"


@pytest.mark.faults
def test_second_up_and_taken_port_are_refused_in_one_line(state: Path, up: Up):
    up.until("Ready:")
    second = Up(state, free_port())
    assert second.process.wait(10) == 1
    assert second.process.stdout is not None
    assert second.process.stdout.read().startswith(f"`up` already runs on {state} (process {up.process.pid})")
    other = Up(state.with_name("other"), up.port)
    assert other.process.wait(10) == 1
    assert other.process.stdout is not None
    assert other.process.stdout.read() == (
        f"Port {up.port} is taken by another program: choose another with `make run PORT=8123`.\n"
    )
    assert answers(up, "/")()


@pytest.mark.faults
@pytest.mark.parametrize("words", [("granian",), ("celery", "worker"), ("celery", "beat"), ("valkey",), ("postgres",)])
def test_what_dies_is_started_again(up: Up, words: tuple[str, ...]):
    up.until("Ready:")
    victim = up.find(*words)
    brood = victim.children(recursive=True)
    victim.kill()
    wait_for(none_left([victim, *brood]), 10, "the dead one's children live on")

    def back() -> bool:
        try:
            return up.find(*words).pid != victim.pid
        except (AssertionError, psutil.Error):
            return False

    wait_for(back, 15, f"{words} is not started again")
    wait_for(answers(up, "/"), 15, "the board does not answer")
    time.sleep(2)
    assert back(), "it does not stay"


@pytest.mark.faults
def test_a_dead_web_worker_is_replaced_by_its_own_parent(up: Up):
    up.until("Ready:")
    granian = up.find("granian")
    workers = [child for child in granian.children() if len(child.cmdline()) > 1 and "tracker" not in child.name()]
    workers[-1].kill()
    wait_for(lambda: len(granian.children()) == len(workers) and none_left(workers[-1:])(), 15, "not replaced")
    time.sleep(2)
    assert up.find("granian").pid == granian.pid
    assert answers(up, "/")()


@pytest.mark.faults
def test_kill_9_leaves_no_process_and_loses_no_data(state: Path, up: Up):
    up.until("Ready:")
    url = json.loads((state / "services.json").read_text())["DATABASE_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (at timestamptz)")
        connection.execute("INSERT INTO kept VALUES (now())")
    family = up.family()
    up.end(signal.SIGKILL)
    wait_for(none_left(family), 8, "something outlived kill -9")

    again = Up(state, up.port)
    try:
        again.until("Ready:")
        url = json.loads((state / "services.json").read_text())["DATABASE_URL"]
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)
    finally:
        again.end(signal.SIGTERM)


@pytest.mark.faults
def test_kill_9_during_the_start(state: Path):
    """Not once after `Ready:`, but at every step on the way there, each time on what the last one left."""
    for step in ("Starting Valkey", "Updating", "Loading", "Starting web", "Starting beat"):
        up = Up(state, free_port())
        up.until(step)
        family = up.family()
        up.end(signal.SIGKILL)
        wait_for(none_left(family), 8, f"something outlived kill -9 at {step!r}")
    last = Up(state, free_port())
    last.until("Ready:")
    assert last.end(signal.SIGTERM) == 0


@pytest.mark.faults
def test_a_service_that_cannot_start_says_where_to_look(state: Path):
    broken = state.with_name("broken")
    broken.mkdir(mode=0o711)
    (broken / "valkey").write_text("a file where a folder should be")
    up = Up(broken, free_port())
    assert up.process.wait(START) == 1
    assert up.process.stdout is not None
    assert f"File exists: {broken / 'valkey'}" in up.process.stdout.read()


def test_a_command_without_database_says_so_in_one_line(tmp_path: Path):
    hidden = ("DATABASE_URL", "REDIS_URL")
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    done = subprocess.run(
        [sys.executable, "manage.py", "migrate"],
        cwd=BASE_DIR,
        env=env | {"TRACKER_STATE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "The database is not running: start it with `make run`, or set DATABASE_URL.\n"


def test_recorded_children_that_still_run_are_ended_and_no_others(state: Path, monkeypatch: pytest.MonkeyPatch):
    """What does the work where a parent's death reaches no child."""
    monkeypatch.setenv("TRACKER_STATE", str(state.with_name("leftovers")))
    ours = spawn(["/bin/sleep", "61"], env={})
    reused = spawn(["/bin/sleep", "62"], env={})
    supervisor = Supervisor("127.0.0.1", free_port(), empty=False)
    try:
        recorded = {ours.pid: command_line(ours.pid), reused.pid: "what ran under that number before"}
        (supervisor.state / "pids.json").write_text(json.dumps(recorded))
        supervisor.end_leftovers()
        assert ours.poll() == -signal.SIGTERM
        assert reused.poll() is None
    finally:
        end(ours, signal.SIGKILL, 1)
        end(reused, signal.SIGKILL, 1)
        supervisor.lock.close()


def test_the_pause_before_the_next_try_doubles(monkeypatch: pytest.MonkeyPatch):
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    starts: list[float] = []

    def start() -> None:
        starts.append(clock[0])
        raise ServiceError("no room")

    one = Watched("postgres", start)
    for tick in range(1000):
        clock[0] = tick / 10
        one.mend()
    assert [round(later - earlier) for earlier, later in itertools.pairwise(starts)] == [1, 2, 4, 8, 16, 30, 30]
