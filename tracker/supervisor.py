"""`python manage.py up`: start what is missing, watch over it, end it. Knows nothing of Django, so it stays small."""

import argparse
import errno
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from tracker.embedded import Postgres, Service, ServiceError, Valkey
from tracker.process import Child, command_line, die_with_parent, end, last_lines, spawn
from tracker.roles import ROLES, STOP_SIGNALS, commands
from tracker.state import BASE_DIR, make_state, state_folder, write_private

LONGEST_PAUSE = 30.0
ENOUGH_DISK = 100 * 2**20
LARGE_LOG = 10 * 2**20


class Stopped(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


def say(line: str) -> None:
    print(line, flush=True)


class Watched:
    """One child that is started again when it ends, after a pause that doubles while it keeps failing."""

    def __init__(self, name: str, start: Callable[[], Child | None]) -> None:
        self.name = name
        self.start = start
        self.child: Child | None = None
        self.started = self.due = 0.0
        self.pause = 1.0

    def ended(self) -> bool:
        return self.child is not None and self.child.poll() is not None

    def run(self) -> None:
        self.started = time.monotonic()
        self.child = self.start()

    def mend(self) -> bool:
        """Whether it has just been started again."""
        now = time.monotonic()
        if self.ended() and self.child is not None:
            end(self.child, signal.SIGKILL, 0)  # what it leaves behind may hold its port
            if now - self.started > LONGEST_PAUSE * 2:
                self.pause = 1.0
            say(f"{self.name} ended ({self.child.returncode}); starting it again in {self.pause:.0f} s.")
            self.child, self.due = None, now + self.pause
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
        if self.child is not None or now < self.due:
            return False
        try:
            self.run()
        except (ServiceError, OSError) as error:  # a full disk, say: it may have room again later
            say(str(error))
            self.due = time.monotonic() + self.pause
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
        return self.child is not None


class Supervisor:
    def __init__(self, bind: str, port: int, empty: bool) -> None:
        self.bind, self.port, self.empty = bind, port, empty
        self.state = make_state(state_folder())
        self.logs = self.state / "log"
        self.logs.mkdir(mode=0o700, exist_ok=True)
        self.env = {**os.environ, "TRACKER_STATE": str(self.state), "PYTHONUNBUFFERED": "1"}
        hosts = self.env.get("TRACKER_HOSTS") or " ".join(own_names(bind))
        self.env["TRACKER_HOSTS"] = f"{hosts} localhost"  # the name under which we ask for its health
        if not self.env.get("TRACKER_ADDRESS"):
            self.env["TRACKER_ADDRESS"] = self.address(socket.gethostname() if bind in ("0.0.0.0", "::") else bind)
        self.services: list[Service] = []
        self.watched: list[Watched] = []
        self.lock = (self.state / "up.lock").open("a+")

    def run(self) -> None:
        self.take_lock()
        self.check_port()
        if shutil.disk_usage(self.state).free < ENOUGH_DISK:
            raise ServiceError(f"The disk of {self.state} is nearly full: make some room first.")
        self.end_leftovers()
        try:
            self.start_services()
            self.prepare()
            self.start_roles()
            self.wait_for_web()
            say(f"Ready: {self.address()}")
            while True:
                time.sleep(0.2)
                if any(one.mend() for one in self.watched):
                    self.record()
        finally:
            self.stop()

    # Before the start

    def take_lock(self) -> None:
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.lock.seek(0)
            raise ServiceError(
                f"`up` already runs on {self.state} (process {self.lock.read().strip()}):"
                " stop it first, or set TRACKER_STATE to another folder."
            ) from None
        self.lock.truncate(0)
        self.lock.write(str(os.getpid()))
        self.lock.flush()

    def check_port(self) -> None:
        family = socket.AF_INET6 if ":" in self.bind else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.bind, self.port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    raise ServiceError(f"Cannot listen on {self.address()}: {error.strerror}.") from None
                other = 8123 if self.port != 8123 else 8124
                raise ServiceError(
                    f"Port {self.port} is taken by another program: choose another with `make run PORT={other}`."
                ) from None

    def end_leftovers(self) -> None:
        """Where a parent's death reaches no child (not on Linux), those of the last `up` still run."""
        with suppress(FileNotFoundError):
            recorded = json.loads((self.state / "pids.json").read_text())
            left = {int(pid): command for pid, command in recorded.items() if command}
            for by, patience in ((signal.SIGTERM, 8.0), (signal.SIGKILL, 2.0)):
                left = {pid: command for pid, command in left.items() if command_line(pid) == command}
                for pid, command in left.items():
                    # PostgreSQL's own start ends a forgotten server, without ever killing it.
                    if "postgres" not in command:
                        with suppress(ProcessLookupError):
                            os.killpg(pid, by)
                deadline = time.monotonic() + patience
                while any(map(command_line, left)) and time.monotonic() < deadline:
                    time.sleep(0.05)

    def record(self) -> None:
        children = [service.child for service in self.services] + [one.child for one in self.watched]
        pids = [child.pid for child in children if child is not None]
        write_private(self.state / "pids.json", json.dumps({pid: command_line(pid) for pid in pids}))

    # The start

    def start_services(self) -> None:
        wanted: list[tuple[str, type[Service]]] = [("DATABASE_URL", Postgres), ("REDIS_URL", Valkey)]
        missing = [(name, kind) for name, kind in wanted if not self.env.get(name)]
        for name, kind in missing:
            service = kind(self.state)
            say(f"Starting {service.name} ...")
            keep_small(service.log)
            self.services.append(service)
            self.env[name] = service.start()
            if service.home != service.folder:
                say(f"Its data is in {service.home}: the user who runs it cannot reach {service.folder}.")
            self.watched.append(Watched(service.name, restarter(service)))
            self.watched[-1].child = service.child
            self.watched[-1].started = time.monotonic()
            self.record()
        write_private(self.state / "services.json", json.dumps({name: self.env[name] for name, _ in missing}))

    def prepare(self) -> None:
        self.step("Updating the database", "migrate", "--noinput", "--verbosity", "0")
        history = ["--without-history"] if self.empty else []
        self.step("Loading the reference data", "load_reference", *history)
        self.make_admin()
        stamp, now = self.state / "static.stamp", static_fingerprint()
        if not stamp.exists() or stamp.read_text() != now:
            self.step("Collecting the static files", "collectstatic", "--noinput", "--clear", "--verbosity", "0")
            stamp.write_text(now)

    def make_admin(self) -> None:
        stamp = self.state / "admin.stamp"
        if stamp.exists():
            return
        password = secrets.token_urlsafe(15)
        self.env["DJANGO_SUPERUSER_PASSWORD"] = password
        try:
            self.step(
                "Creating the staff account", "createsuperuser", "--noinput", "--username", "admin", "--email", ""
            )
            say(f"Staff name: admin   password: {password}   (shown only this once)")
        except ServiceError:
            if "already taken" not in last_lines(self.logs / "setup.log"):
                raise
        finally:
            del self.env["DJANGO_SUPERUSER_PASSWORD"]
        stamp.touch()

    def step(self, title: str, *arguments: str) -> None:
        say(f"{title} ...")
        log = keep_small(self.logs / "setup.log")
        command = [sys.executable, str(BASE_DIR / "manage.py"), *arguments]
        child = spawn(command, env=self.env, log=log, cwd=BASE_DIR)
        try:
            if child.wait() != 0:
                raise ServiceError(f"{arguments[0]} failed; {log} ends with: {last_lines(log)}")
        finally:
            end(child, signal.SIGTERM, 5)

    def start_roles(self) -> None:
        if not self.env.get("TRACKER_EMAIL_URL"):
            say(f"Letters to subscribers are put into {self.state / 'mail'}: TRACKER_EMAIL_URL names no mail server.")
        for name, command in commands(self.bind, self.port).items():
            say(f"Starting {name} ...")
            self.watched.append(Watched(name, self.starter(name, command)))
            self.watched[-1].run()
        self.record()

    def starter(self, name: str, command: Sequence[str]) -> Callable[[], Child]:
        def start() -> Child:
            log = keep_small(self.logs / f"{name}.log")
            # If we are killed, at once: a polite stop waits for requests and tasks. Tasks can be run again.
            return spawn(command, env=self.env, log=log, cwd=BASE_DIR, dies_by=signal.SIGKILL)

        return start

    def address(self, host: str = "") -> str:
        host = host or self.bind
        host = f"[{host}]" if ":" in host else host
        return f"http://{host}:{self.port}/"

    def wait_for_web(self) -> None:
        web = next(one for one in self.watched if one.name == "web")
        log = self.logs / "web.log"
        deadline = time.monotonic() + 60
        while not self.healthy():
            if web.ended() or time.monotonic() > deadline:
                raise ServiceError(f"The web server does not answer; {log} ends with: {last_lines(log)}")
            time.sleep(0.05)

    def healthy(self) -> bool:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.bind, self.bind)
        with suppress(OSError), socket.create_connection((host, self.port), timeout=3) as line:
            line.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            return b" 200 " in line.makefile("rb").readline()
        return False

    # The end

    def stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        say("Stopping ...")
        roles = [one for one in self.watched if one.name in ROLES and one.child is not None]
        for one in roles:
            if one.child is not None and one.child.poll() is None:
                one.child.send_signal(STOP_SIGNALS.get(one.name, signal.SIGTERM))
        deadline = time.monotonic() + 10
        for one in roles:
            if one.child is not None:
                end(one.child, None, max(0.0, deadline - time.monotonic()))
        for service in reversed(self.services):
            service.stop()
        for name in ("services.json", "pids.json"):
            (self.state / name).unlink(missing_ok=True)


def restarter(service: Service) -> Callable[[], Child | None]:
    def start() -> Child | None:
        service.start()
        return service.child

    return start


def keep_small(log: Path) -> Path:
    with suppress(FileNotFoundError):
        if log.stat().st_size > LARGE_LOG:
            log.replace(log.with_suffix(".old.log"))
    return log


def own_names(bind: str) -> list[str]:
    """The Host names to answer to when nobody set TRACKER_HOSTS: this machine's, if others may reach us."""
    names = {"localhost", "127.0.0.1", "[::1]"}
    if bind in ("0.0.0.0", "::"):
        name = socket.gethostname()
        names |= {name, f"{name}.local"}
        with suppress(OSError):
            names |= {str(found[4][0]) for found in socket.getaddrinfo(name, None, socket.AF_INET)}
    else:
        names.add(f"[{bind}]" if ":" in bind else bind)
    return sorted(names)


def static_fingerprint() -> str:
    """Changes with whatever collectstatic would collect: our own files, and the pinned packages'."""
    files = [BASE_DIR / "requirements.txt", *sorted((BASE_DIR / "crossings" / "static").rglob("*"))]
    seen = [f"{file} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files if file.is_file()]
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--bind", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--empty", action="store_true", help="load the crossings without their history")
    parser.add_argument("--only", choices=ROLES, help="become this one process, with nothing around it")

    parser.add_argument("--tied", action="store_true", help="stop when the starting process ends")


def stop_on(number: int, frame: FrameType | None) -> None:
    raise Stopped


def start(options: argparse.Namespace) -> int:
    if options.only:
        command = commands(options.bind, options.port)[options.only]
        os.chdir(BASE_DIR)
        os.execv(command[0], command)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop_on)
    try:
        if options.tied:
            die_with_parent(os.getppid(), signal.SIGTERM)
        Supervisor(options.bind, options.port, options.empty).run()
    except Stopped:
        return 0
    except ServiceError as error:
        say(str(error))
    except OSError as error:
        say(f"{error.strerror}: {error.filename or error}")
    return 1


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="manage.py up", description=__doc__)
    add_arguments(parser)
    return start(parser.parse_args(arguments))
