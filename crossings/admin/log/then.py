"""What "now" means in a sent form: the moment at which it was chosen, however late the form comes."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.translation import gettext

from crossings.admin import wording
from crossings.admin.log.parts import AN_HOUR_AGO, NOW, TODAY, YESTERDAY
from crossings.domain.holds import AHEAD
from crossings.models import Crossing

FIELD = "now_at"
LONGEST = timedelta(hours=24)
BY_NOW = (NOW, AN_HOUR_AGO, TODAY, YESTERDAY)


def written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S%z")


def settle(data: MutableMapping[str, Any], crossing: Crossing, now: datetime) -> str:
    """Fix what "now" means in a form that is to be previewed: as the phone noted it, else this moment.

    The question to ask beside `when`, which is emptied, where that was more than a day ago or lies ahead.
    """
    at = _read(data.get(FIELD))
    if at is not None and now - LONGEST <= at <= now + AHEAD:
        data[FIELD] = written(min(at, now))
        return ""
    data[FIELD] = written(now)
    if at is None or data.get("when") not in BY_NOW:
        return ""
    data["when"] = ""
    words = gettext("This was chosen on %(when)s, which is not of this day: choose again since when it holds.")
    return words % {"when": wording.when(crossing if crossing.slug else None, at, now)}


def _read(text: Any) -> datetime | None:
    try:
        return datetime.strptime(str(text or ""), "%Y-%m-%dT%H:%M:%S%z")
    except ValueError:
        return None
