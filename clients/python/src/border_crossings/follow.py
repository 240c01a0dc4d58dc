"""Following the changes: each in order, none left out, across restarts."""

from __future__ import annotations

import json
import logging
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from border_crossings.client import Client
from border_crossings.http import Problem, Unavailable
from border_crossings.types import Change

log = logging.getLogger(__name__)


class Rewound(Exception):
    """The tracker's positions end before ours: its database was restored from a copy. What was handled since may come
    again under other positions: look at the board, then set `position`.
    """


class Follower:
    """Hands over every change, in order. Its position is kept in the file `place`, whole or not at all, after the
    handler has returned: who is killed in between gets that one change again, and never misses one. Two at once need
    two places.

    `start` is where a new place begins: 0 with all there ever was; `client.board()["position"]` with what comes next.
    """

    def __init__(
        self, client: Client, place: str | os.PathLike[str], *, start: int = 0, every: float = 5.0, limit: int = 500
    ) -> None:
        """`every` is in seconds, `limit` is how many are fetched at once (at most 1,000)."""
        self.client, self.place, self.every, self.limit = client, Path(place), every, limit
        self._position = self._read(start)

    @property
    def position(self) -> int:
        """Of the last change that was handled."""
        return self._position

    @position.setter
    def position(self, position: int) -> None:
        handle, part = tempfile.mkstemp(".part", dir=self.place.absolute().parent)
        try:
            with open(handle, "w") as file:
                json.dump({"position": position}, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(part, self.place)
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
        self._position = position

    def poll(self, handle: Callable[[Change], Any]) -> int:
        """Hand over all there is by now; how many it were. What `handle` raises goes through, and its change comes
        again with the next poll.
        """
        count, more = 0, True
        while more:
            page = self.client.changes(self._position, self.limit)
            if page["position"] < self._position:
                raise Rewound(f"It ends at {page['position']}; {self._position} were handled.")
            for change in page["changes"]:
                handle(change)
                self.position = change["position"]
                count += 1
            more = page["more"]
        return count

    def run(self, handle: Callable[[Change], Any], stop: Callable[[], bool] = lambda: False) -> None:
        """Poll for ever, or until `stop` says so. While nobody answers it goes on trying."""
        while not stop():
            pause = self.every
            try:
                self.poll(handle)
            except (Unavailable, Problem) as error:
                if isinstance(error, Problem) and error.status < 500:
                    raise
                log.warning("%s", error)
                pause = max(pause, getattr(error, "wait", 0.0))
            if not stop():
                time.sleep(pause)

    def _read(self, start: int) -> int:
        try:
            return int(json.loads(self.place.read_bytes())["position"])
        except FileNotFoundError:
            return start
