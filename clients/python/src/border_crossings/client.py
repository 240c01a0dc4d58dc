"""Reading and pushing."""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, quote, urlsplit

from border_crossings.http import Http, Unavailable
from border_crossings.types import Board, Changes, Crossing, Json

Moment = datetime | str | None


class Client:
    """`base` is the address of the site, such as https://crossings.example; a `key` is needed for pushing alone.

    Reading sends no key, so that caches on the way may answer, and asks with the tag of what it holds already.
    Moments are datetimes with a zone, or texts as in RFC 3339. Every call raises Problem for a refusal, and
    Unavailable once it has tried often enough.
    """

    def __init__(
        self,
        base: str,
        key: str = "",
        *,
        timeout: float = 30.0,
        tries: int = 6,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.key, self.http = key, Http(base, timeout=timeout, tries=tries, sleep=sleep)

    # Reading

    def board(
        self,
        *,
        country: str = "",
        state: str = "",
        traffic: str = "",
        to: str = "",
        q: str = "",
        bbox: Sequence[float] = (),
        updated_since: Moment = None,
    ) -> Board:
        """All crossings as they stand now, or those that the filters leave; `bbox` is west, south, east, north."""
        query = {"country": country, "state": state, "traffic": traffic, "to": to, "q": q}
        query |= {"bbox": ",".join(map(str, bbox)), "updated_since": _moment(updated_since)}
        return cast(Board, self.http.get("crossings/", query))

    def crossings(self, **filters: Any) -> list[Crossing]:
        """The crossings of `board`."""
        return self.board(**filters)["crossings"]

    def crossing(self, slug: str, *, at: Moment = None, as_known_at: Moment = None) -> Crossing:
        query = {"at": _moment(at), "as_known_at": _moment(as_known_at)}
        return cast(Crossing, self.http.get(f"crossings/{quote(slug, safe='')}/", query))

    def history(
        self, slug: str, *, since: Moment = None, until: Moment = None, as_known_at: Moment = None
    ) -> Iterator[Json]:
        """Its periods, the newest first."""
        query = {"from": _moment(since), "to": _moment(until), "as_known_at": _moment(as_known_at)}
        return self._pages(f"crossings/{quote(slug, safe='')}/history/", query, "periods")

    def reports(self, slug: str) -> Iterator[Json]:
        """The public claims about it, the last recorded first."""
        return self._pages(f"crossings/{quote(slug, safe='')}/reports/", {}, "reports")

    def readings(self, slug: str, *, since: Moment = None, until: Moment = None, bucket: str = "") -> Iterator[Json]:
        """What was counted, the newest first; with `bucket` "hour" or "day" the ranges."""
        query = {"from": _moment(since), "to": _moment(until), "bucket": bucket}
        return self._pages(f"crossings/{quote(slug, safe='')}/readings/", query, "readings")

    def changes(self, after: int = 0, limit: int = 500) -> Changes:
        """What was announced after a position. To follow them use a Follower."""
        return cast(Changes, self.http.get("changes/", {"after": after, "limit": limit}))

    def summary(self) -> Json:
        return cast(Json, self.http.get("summary.json"))

    def save_dump(self, path: str | os.PathLike[str]) -> Path:
        """Everything public, into this file, once its checksum is right. Raises Problem 404 while there is none."""
        target = Path(path)
        handle, part = tempfile.mkstemp(".part", dir=target.parent)
        try:
            with open(handle, "w+b") as file:
                said = self.http.ask("GET", self.http.address("dump.sha256"), {}).body.split()[0].decode()
                self.http.save("dump.ndjson.gz", file)
                file.seek(0)
                found = hashlib.sha256()
                while piece := file.read(1 << 20):
                    found.update(piece)
            if found.hexdigest() != said:
                raise Unavailable("The dump did not come whole, or a new one took its place: fetch it again.")
            os.replace(part, target)
        finally:
            Path(part).unlink(missing_ok=True)
        return target

    def _pages(self, path: str, query: dict[str, str], name: str) -> Iterator[Json]:
        while True:
            page = self.http.get(path, query)
            yield from page[name]
            if not page["next"]:
                return
            # Its cursor alone is taken: the host in front may have another name than the one that answers.
            query = {**query, **dict(parse_qsl(urlsplit(page["next"]).query))}

    # Pushing

    def push_report(self, claim: Json, *, idempotency_key: str = "") -> Json:
        """What came of it: `outcome` is "recorded", "same" or "held". Give it an `id` of your own."""
        return self._push("reports/", claim, idempotency_key)

    def push_reading(self, reading: Json, *, idempotency_key: str = "") -> Json:
        return self._push("readings/", reading, idempotency_key)

    def push_batch(
        self,
        reports: Sequence[Json] = (),
        readings: Sequence[Json] = (),
        retractions: Sequence[Json] = (),
        *,
        idempotency_key: str = "",
    ) -> Json:
        """At most 5,000 items; `results` has an outcome for each."""
        content = {"reports": list(reports), "readings": list(readings), "retractions": list(retractions)}
        return self._push("batch/", content, idempotency_key)

    def retract(self, report: int | str, reason: str, *, idempotency_key: str = "") -> Json:
        """Take back a report of one's own: an int is the tracker's number of it, a str one's own id, digits or not."""
        by = "number" if isinstance(report, int) else "id"
        path = f"reports/{quote(str(report), safe='')}/retraction/?by={by}"
        return self._push(path, {"reason": reason}, idempotency_key)

    def draft(self, number: int) -> Json:
        """What became of what was held."""
        return cast(Json, self.http.get(f"drafts/{number}/", key=self.key))

    def _push(self, path: str, content: Json, idempotency_key: str) -> Json:
        name = idempotency_key or str(uuid.uuid4())
        _, answer = self.http.post(path, content, self.key, {"Idempotency-Key": name})
        return cast(Json, answer)


def _moment(given: Moment) -> str:
    if isinstance(given, datetime):
        if given.tzinfo is None:
            raise ValueError("A moment needs its zone.")
        return given.isoformat()
    return given or ""
