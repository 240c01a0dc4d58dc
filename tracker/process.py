"""Child processes that die with their parent, whatever kills it."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

Child = subprocess.Popen[bytes]

PR_SET_PDEATHSIG = 1
# Loaded before any fork: between fork and exec nothing may take a lock.
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(parent: int, by: signal.Signals) -> None:
    """Ask Linux to send `by` to this process when its parent ends; elsewhere the recorded pids must do."""
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, int(by), 0, 0, 0)
        if os.getppid() != parent:  # it ended before we asked: no signal will come
            os._exit(1)


def spawn(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    log: Path | None = None,
    user: str | None = None,
    cwd: Path | None = None,
    stdin: bytes | None = None,
    dies_by: signal.Signals = signal.SIGTERM,
) -> Child:
    """Start a child in a session of its own: Ctrl-C reaches only us, and `end` reaches its children too.

    To be called from the main thread: Linux sends the death signal when the *thread* that forked ends.
    """
    parent = os.getpid()
    tie: Callable[[], None] = lambda: die_with_parent(parent, dies_by)  # noqa: E731
    as_user: dict[str, Any] = {}
    if user is not None:
        as_user = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}
    output = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        child = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            preexec_fn=tie,
            **as_user,
        )
    finally:
        os.close(output)
    if child.stdin is not None:
        with suppress(BrokenPipeError):  # it is gone already: its exit code and log say why
            child.stdin.write(stdin or b"")
            child.stdin.close()
    return child


def end(child: Child, by: signal.Signals | None, patience: float) -> None:
    """End a child (None: it has had its signal) and what is left of its session after `patience` seconds."""
    if child.poll() is None:
        if by is not None:
            child.send_signal(by)
        with suppress(subprocess.TimeoutExpired):
            child.wait(patience)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def command_line(pid: int) -> str:
    """The command line of a living process, else nothing."""
    try:
        return "\0".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""


def last_lines(log: Path, count: int = 3) -> str:
    with suppress(OSError):
        return " / ".join(log.read_text(errors="replace").strip().splitlines()[-count:])
    return ""
