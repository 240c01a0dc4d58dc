"""The queues of a reply of the Ukrainian truck e-queue, each checked for itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from crossings.domain.faults import Fault
from crossings.domain.fields import clean, phone_number_in
from crossings.domain.readings import MOST
from crossings.feeds.base import Item
from crossings.feeds.ukraine import BY_NAME, Post, letters

COUNTRIES = {112: "MD", 133: "PL", 136: "RO", 149: "SK", 167: "HU"}
TRUCKS = 1
MOST_SECONDS = 60 * 24 * 3600
"""Trucks have waited for weeks in it."""
# "Чоп (Тиса) – Захонь (для вантажівок ≥ 3,5 тонн)", "Ягодин – Дорогуськ. Товари 1-24 групи УКТЗЕД (≥ 7,5 тонн)"
WHOM = re.compile(r"\s*\((?=для\b)|\.\s+(?=Товари\b)")
EMPTY, GOODS = re.compile("порожн", re.IGNORECASE), re.compile("УКТЗЕД|товари", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue at a crossing. `crossing` is what an item names it by, `whom` who queues here, in the reply's words."""

    number: int
    crossing: str
    post: Post | None
    country: str
    whom: str
    paused: bool
    tooltip: str
    seconds: int | None
    trucks: int | None

    @property
    def empty(self) -> bool:
        return bool(EMPTY.search(self.whom))

    @property
    def goods(self) -> bool:
        return bool(GOODS.search(self.whom))

    @property
    def loaded(self) -> bool | None:
        """What the title says; most speak of trucks alone."""
        if self.empty:
            return False
        return True if self.goods else None


def read_queue(at: str, row: Any) -> Queue | Item:
    """The queue, or an item with what is wrong with it."""
    row = row if isinstance(row, dict) else {}
    country = COUNTRIES.get(row["country_id"], "") if type(row.get("country_id")) is int else ""
    faults = _faults(row, country)
    if faults:
        return Item(at, None, faults=tuple(faults))
    name, _, whom = WHOM.sub("\n", " ".join(row["title"].split()), count=1).partition("\n")
    whom = clean(whom.removesuffix(")") if whom.startswith("для") else whom)[:200]
    tooltip = clean(row.get("tooltip") or "")[:500]
    post = BY_NAME.get(letters(name))
    return Queue(
        number=row["id"],
        crossing=post.called if post else name,
        post=post,
        country=post.country if post else country,
        whom="" if phone_number_in(whom) else whom,
        paused=row["is_paused"],
        tooltip=tooltip,
        seconds=row.get("wait_time"),
        trucks=row.get("vehicle_in_active_queues_counts"),
    )


def _faults(row: dict[str, Any], country: str) -> list[Fault]:
    faults: list[Fault] = []
    title, tooltip = row.get("title"), row.get("tooltip")
    if type(row.get("id")) is not int or not 0 <= row["id"] < 10**9:
        faults.append(Fault("/id", "required", "A queue needs a whole number as its id."))
    if not isinstance(title, str) or not title.strip() or len(title) > 300:
        faults.append(Fault("/title", "required", "A queue needs a title of up to 300 characters."))
    if not isinstance(row.get("is_paused"), bool):
        faults.append(Fault("/is_paused", "not_a_flag", "true or false is expected."))
    if tooltip is not None and (not isinstance(tooltip, str) or len(tooltip) > 5000):
        faults.append(Fault("/tooltip", "not_a_text", "A text or null is expected."))
    if row.get("for_vehicle_type", TRUCKS) != TRUCKS:
        faults.append(Fault("/for_vehicle_type", "not_a_truck_queue", "Only queues of trucks (1) are read."))
    if not country:
        known = ", ".join(f"{number} {name}" for number, name in COUNTRIES.items())
        faults.append(Fault("/country_id", "unknown_country", f"Not one of: {known}."))
    if not _counts(row.get("wait_time"), MOST_SECONDS):
        faults.append(Fault("/wait_time", "invalid_wait", f"Seconds up to {MOST_SECONDS} are expected."))
    if not _counts(row.get("vehicle_in_active_queues_counts"), MOST):
        detail = f"A whole number up to {MOST} is expected."
        faults.append(Fault("/vehicle_in_active_queues_counts", "invalid_count", detail))
    return faults


def _counts(value: Any, most: int) -> bool:
    return value is None or (type(value) is int and 0 <= value <= most)
