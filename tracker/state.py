"""The state folder: everything that is not the program. `TRACKER_STATE` moves it, so that two can run side by side."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent


def state_folder() -> Path:
    return Path(os.environ.get("TRACKER_STATE") or BASE_DIR / "var").resolve()


def make_state(state: Path) -> Path:
    """Ours alone to read. As root, PostgreSQL's own user has to pass through."""
    if not state.is_dir():
        state.mkdir(parents=True)
        state.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return state.resolve()


def write_private(path: Path, text: str, *, replace: bool = True) -> None:
    """Whole or not at all, and for our eyes only."""
    handle, new = tempfile.mkstemp(dir=path.parent)
    with open(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    if replace:
        Path(new).replace(path)
        return
    with suppress(FileExistsError):  # somebody was faster: theirs stays
        path.hardlink_to(new)
    Path(new).unlink()
