"""`make shots`: pictures of every public page, in each language, on a phone and on a wide screen, light and dark.

A site of its own, on a free port and with a state that is thrown away afterwards, holds the reference history.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tracker.embedded import free_port
from tracker.state import BASE_DIR

CHROMIUM = "/usr/bin/chromium"
SWITCHES = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"]
FOLDER = BASE_DIR / "var/shots"
LANGUAGES = ["en", "ps", "fa-af", "ur"]
WIDTHS = [360, 1000]
"""In pixels; the phone first."""
SCHEMES = ["light", "dark"]
PAGES = {
    "board": "/", "lane-board": "/?for=cargo&to=AF", "map": "/map/", "crossing": "/c/torkham/",
    "crossing-past": "/c/torkham/?at=2023-02-24T15:00", "history": "/c/torkham/history/",
    "passage": "/c/torkham/passage/", "about": "/about/", "lite-board": "/?lite=1",
    "lite-crossing": "/c/torkham/?lite=1",
}  # fmt: skip
READY = "Ready"
STOP_S = 25


@contextmanager
def site() -> Generator[str, None, None]:
    """The address of a site that has loaded everything. Raises RuntimeError where it did not come up."""
    state, port = tempfile.mkdtemp(prefix="shots-"), free_port()
    hidden = ("DATABASE_URL", "REDIS_URL")
    env = {name: value for name, value in os.environ.items() if name not in hidden} | {"TRACKER_STATE": state}
    command = [sys.executable, "manage.py", "up", "--port", str(port), "--tied"]
    process = subprocess.Popen(command, cwd=BASE_DIR, env=env, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if not any(line.startswith(READY) for line in process.stdout):
            raise RuntimeError("the site did not come up")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_S)
        shutil.rmtree(state, ignore_errors=True)


def take(browser: Any, address: str, width: int, scheme: str) -> int:
    """Pictures of all pages, whole, so many as it returns."""
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": 800},
        color_scheme=scheme,
        service_workers="block",
    )
    page = context.new_page()
    for language, (name, path) in itertools.product(LANGUAGES, PAGES.items()):
        page.goto(path if language == "en" else f"/{language}{path}")
        page.screenshot(path=FOLDER / f"{name}-{language}-{width}-{scheme}.png", full_page=True)
    context.close()
    return len(LANGUAGES) * len(PAGES)


def main() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with site() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        taken = sum(take(browser, address, width, scheme) for width in WIDTHS for scheme in SCHEMES)
        browser.close()
    sys.stdout.write(f"{taken} pictures in {Path(os.path.relpath(FOLDER))}\n")


if __name__ == "__main__":
    main()
