"""The web processes and nginx, as production runs them, on this machine: for stories and for benchmarks."""

from __future__ import annotations

import http.client
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tracker.embedded import free_port
from tracker.process import Child, end, spawn
from tracker.roles import commands
from tracker.state import BASE_DIR

NGINX = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin")
CONF = BASE_DIR / "deploy/nginx.conf"
PATIENCE_S = 20.0


def get(port: int, path: str, **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        line.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        line.close()


def until_up(port: int, path: str = "/healthz") -> None:
    begun = time.monotonic()
    while True:
        try:
            if get(port, path)[0] < 500:
                return
        except (OSError, http.client.HTTPException):
            pass
        if time.monotonic() - begun > PATIENCE_S:
            raise AssertionError(f"Nothing answers on port {port}.")
        time.sleep(0.05)


def collect_static(env: Mapping[str, str], folder: Path) -> dict[str, str]:
    """What `up` does before it starts the web processes. The environment with which to start them."""
    found = {**env, "TRACKER_STATIC": str(folder / "static")}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v", "0"]
    subprocess.run(command, cwd=BASE_DIR, env=found, check=True)
    return found


def start_web(port: int, env: Mapping[str, str], log: Path, application: str = "") -> Child:
    """The site, or another `module:application`, by the same server with the same workers."""
    command = commands("127.0.0.1", port)["web"]
    if application:
        command = [*command[:-1], application]
    return spawn(command, env=dict(env), log=log)


@contextmanager
def a_web(env: Mapping[str, str], log: Path, application: str = "") -> Iterator[int]:
    """Its port."""
    port = free_port()
    child = start_web(port, env, log, application)
    try:
        until_up(port, "/" if application else "/healthz")
        yield port
    finally:
        end(child, signal.SIGTERM, 5)


def our_conf(folder: Path, port: int, app_port: int) -> str:
    """deploy/nginx.conf with the places of this machine."""
    conf = CONF.read_text()
    for there, here in {
        "server web:8000;": f"server 127.0.0.1:{app_port};",
        "listen 80 default_server;": f"listen 127.0.0.1:{port};",
        "/run/nginx.pid": f"{folder}/nginx.pid",
        "/var/cache/nginx/tracker": f"{folder}/cache",
        "/etc/nginx/tracker.d": f"{folder}/tracker.d",
        "/dev/stdout": f"{folder}/access.log",
    }.items():
        if conf.count(there) != 1:
            raise AssertionError(f"{CONF.name} should have {there!r} once.")
        conf = conf.replace(there, here)
    return conf


@contextmanager
def an_edge(app_port: int) -> Iterator[tuple[int, Path]]:
    """nginx with our file in front of that port: its own port, and the folder where it keeps and logs."""
    with an_nginx(lambda folder, port: our_conf(folder, port, app_port)) as found:
        yield found


@contextmanager
def an_nginx(conf: Callable[[Path, int], str]) -> Iterator[tuple[int, Path]]:
    if NGINX is None:
        raise RuntimeError("nginx is not installed.")
    folder, port = Path(tempfile.mkdtemp(prefix="tracker-edge-")), free_port()
    folder.chmod(0o755)  # its workers are not root
    path = folder / "nginx.conf"
    path.write_text(conf(folder, port))
    child = spawn([NGINX, "-p", str(folder), "-c", str(path), "-g", "daemon off;"], env={}, log=folder / "error.log")
    try:
        until_up(port)
        yield port, folder
    except AssertionError as error:
        raise AssertionError(f"{error} {(folder / 'error.log').read_text()}") from None
    finally:
        end(child, signal.SIGTERM, 5)
        shutil.rmtree(folder, ignore_errors=True)
