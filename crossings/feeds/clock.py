"""Local clock times as instants; what a local clock cannot say without doubt is a fault."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from crossings.feeds.base import FeedError


def instant(local: datetime, zone: ZoneInfo) -> datetime:
    """The naive local time as an instant in UTC. Raises FeedError: ambiguous_local_time, invalid_timestamp."""
    try:
        first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    except (OverflowError, ValueError):
        raise FeedError("invalid_timestamp", f"There is no time {local} in {zone.key}.") from None
    if first != second:
        detail = (
            f"{local:%Y-%m-%d %H:%M} comes twice or never in {zone.key}, where the clocks change: give a time in UTC."
        )
        raise FeedError("ambiguous_local_time", detail)
    return first
