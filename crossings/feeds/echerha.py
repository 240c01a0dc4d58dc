"""The electronic queue of trucks leaving Ukraine, https://back.echerha.gov.ua/api/v4/workload/1: what holds now.

One crossing has several queues, by weight, load and goods, and its trucks reach the Ukrainian gate through them alone.
A pause stops the calling of trucks for some hours; those called before still pass, and the wait goes on being told. So
a pause never closes the gate: with all queues paused only trucks called before may pass, with some paused those of the
others still may. Tooltips are conditions. The reply holds no time: it stands for the moment it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from crossings.domain.claims import stamp
from crossings.domain.faults import Fault
from crossings.domain.fields import phone_number_in
from crossings.domain.vocabulary import SourceKind
from crossings.feeds.base import Batch, Context, FeedError, Format, Item, Kind
from crossings.feeds.echerha_queues import Queue, read_queue
from crossings.feeds.strict import loads

ALLOWS = re.compile(r"можливий проїзд|лише|тільки|дозволен", re.IGNORECASE)
DENIES = re.compile(r"\bне \w+|заборон|обмеження на проїзд|призупинен", re.IGNORECASE)
WHAT = {
    "loaded": re.compile(r"\b(завантажен|навантажен)(?!іст)|з вантажем", re.IGNORECASE),
    "tanker": re.compile("цистерн", re.IGNORECASE),
}
MOST_QUEUES, MOST_AT_ONE = 5000, 30
PAUSED, CALLED = "electronic queue paused", "trucks called before the electronic queue was paused"


def parse(body: bytes, context: Context) -> Batch:
    found = loads(body)
    rows = found.get("data") if isinstance(found, dict) else None
    if not isinstance(rows, list) or not any(isinstance(row, dict) and "is_paused" in row for row in rows):
        raise FeedError("schema_mismatch", 'Expected {"data": [{"id", "title", "is_paused", …}]}.')
    if len(rows) > MOST_QUEUES:
        raise FeedError("too_many_items", f"{len(rows)} queues; at most {MOST_QUEUES} are read.")
    at = context.fetched_at.replace(microsecond=0)
    queues: dict[str, list[Queue]] = {}
    faulty: list[Item] = []
    for index, row in enumerate(rows):
        read = read_queue(f"/data/{index}", row)
        if isinstance(read, Item):
            faulty.append(read)
        elif len(queues.get(read.crossing, ())) == MOST_AT_ONE:
            fault = Fault("/title", "too_many_items", f"More than {MOST_AT_ONE} queues at one crossing.")
            faulty.append(Item(f"/data/{index}", None, faults=(fault,)))
        else:
            queues.setdefault(read.crossing, []).append(read)
    posts = [found[0].post for found in queues.values()]
    return Batch(_items(queues, faulty, at), at, tuple(post.place for post in posts if post and not post.reference))


def _items(queues: dict[str, list[Queue]], faulty: list[Item], at: datetime) -> Iterator[Item]:
    yield from faulty
    for crossing, found in queues.items():
        # A state feed repeats itself: in one order, so that a repeat looks like one.
        yield _claim(crossing, sorted(found, key=lambda queue: queue.number), at)
        # Of two queues of one kind the page shows what came last: the longer one.
        for queue in sorted(found, key=lambda queue: queue.trucks or 0):
            yield from _readings(queue, at)


def _claim(crossing: str, queues: list[Queue], at: datetime) -> Item:
    conditions = _conditions(queues)
    limited = conditions or any(queue.tooltip for queue in queues)
    lane: dict[str, Any] = {"traffic": "cargo", "to": queues[0].country, "state": "restricted" if limited else "open"}
    if conditions:
        lane["conditions"] = conditions
    whom = (f"{queue.whom or 'вантажівки'}{' (на паузі)' if queue.paused else ''}" for queue in queues)
    data = {
        "id": f"{queues[0].number}-cargo-{stamp(at)}",
        "crossing": crossing,
        "declared_by": "UA",
        "effective_at": stamp(at),
        "lanes": [lane],
        "note": "; ".join(whom)[:2000],
        "reported_at": stamp(at),
    }
    return Item(f"queue {queues[0].number}", Kind.REPORT, data)


def _conditions(queues: list[Queue]) -> list[dict[str, Any]]:
    paused = [queue for queue in queues if queue.paused]
    all_paused = len(paused) == len(queues)
    tooltips = [text for text in dict.fromkeys(queue.tooltip for queue in queues) if text and not phone_number_in(text)]
    # What is allowed must hold together; conditions of their own would be alternatives.
    texts = [*([CALLED] if all_paused else []), *(text for text in tooltips if ALLOWS.search(text))]
    allowed = {
        **({"vehicle": ["empty"]} if all(queue.empty for queue in queues) else {}),
        **({"text": "; ".join(texts)[:500]} if texts else {}),
    }
    conditions: list[dict[str, Any]] = [{"effect": "allow", **allowed}] if allowed else []
    conditions += [] if all_paused else [_pause(queue, queues) for queue in paused]
    return conditions + [_denied(text) for text in tooltips if not ALLOWS.search(text)]


def _pause(queue: Queue, queues: list[Queue]) -> dict[str, Any]:
    """Whom the pause of one queue holds back: in words only where the other queues leave no doubt."""
    told = {"effect": "deny", "text": f"{queue.whom}: {PAUSED}" if queue.whom else PAUSED}
    others = [each for each in queues if each is not queue]
    if queue.empty and all(each.paused for each in others if each.empty):
        return {**told, "vehicle": ["empty"]}
    if queue.loaded is None and all(each.empty for each in others):
        return {**told, "vehicle": ["loaded"]}
    return told


def _denied(tooltip: str) -> dict[str, Any]:
    words = [word for word, said in WHAT.items() if said.search(tooltip)] if DENIES.search(tooltip) else []
    return {"effect": "deny", **({"vehicle": words[:1]} if words else {}), "text": tooltip}


def _readings(queue: Queue, at: datetime) -> Iterator[Item]:
    minutes = None if queue.seconds is None else round(queue.seconds / 60)
    for unit, count in (("minutes", minutes), ("trucks", queue.trucks)):
        if count is None:
            continue
        data = {
            "id": f"{queue.number}-{unit}-{stamp(at)}", "crossing": queue.crossing, "side": "UA", "traffic": "cargo",
            "to": queue.country, "measure": "waiting", "unit": unit, "low": count, "high": count, "place": "inland",
            "loaded": queue.loaded, "observed_at": stamp(at), "reported_at": stamp(at), "note": queue.whom,
        }  # fmt: skip
        yield Item(f"queue {queue.number}", Kind.READING, data)


FORMAT = Format(
    "echerha",
    parse,
    state_feed=True,
    kind=SourceKind.AUTHORITY,
    country="UA",
    public_label="Electronic queue of trucks, Ukraine",
)
