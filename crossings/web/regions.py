"""Parts of the world as the map draws them, each in its own plane. Their outlines are made by scripts/outlines.py."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from crossings.phrases.countries import country

Json = dict[str, Any]
Point = tuple[int, int]

OUTLINES = Path(__file__).parent.parent / "reference/outlines.json"
WIDE, HIGH = 66, 42
"""What a mark with its number takes, in the units of the map, of which 720 are its width."""
REACH, STEP = 240, 4


@dataclass(frozen=True, slots=True)
class Region:
    """x runs from the west, y from the north, `kx` and `ky` are units a degree."""

    slug: str
    west: float
    north: float
    kx: float
    ky: float
    width: int
    height: int
    land: str
    borders: str
    names: dict[str, Point]

    def point(self, crossing: Json) -> Point | None:
        """Where it stands on this map; None where it does not, or its place is not known."""
        at = crossing["location"]
        if at is None:
            return None
        x, y = round((at["lon"] - self.west) * self.kx), round((self.north - at["lat"]) * self.ky)
        return (x, y) if 0 <= x <= self.width and 0 <= y <= self.height else None

    @property
    def name(self) -> str:
        return {
            "afghanistan": gettext("Afghanistan, Pakistan and Iran"),
            "central-asia": gettext("Central Asia"),
            "india": gettext("India, Nepal and Bangladesh"),
            "europe": gettext("Poland and Ukraine"),
            "middle-east": gettext("Türkiye and the Middle East"),
            "africa": gettext("Africa"),
            "us-mexico": gettext("United States and Mexico"),
            "us-canada": gettext("United States and Canada"),
        }[self.slug]

    def countries(self) -> list[tuple[str, int, int]]:
        """Names, and where they are written."""
        return [(country(code), x, y) for code, (x, y) in self.names.items()]


def regions() -> dict[str, Region]:
    return {each["slug"]: Region(**each) for each in json.loads(OUTLINES.read_bytes())["regions"]}


@lru_cache(maxsize=64)
def spread(points: tuple[Point, ...], width: int, height: int) -> tuple[Point, ...]:
    """Each point moved to the nearest place where its mark has its room, within the frame; those before it go first.
    One for which there is none stays where it is."""
    found: list[Point] = []
    for x, y in points:
        x, y = _within(x, WIDE, width), _within(y, HIGH, height)
        free = ((x + dx, y + dy) for dx, dy in _steps() if _is_free(x + dx, y + dy, found, width, height))
        found.append(next(free, (x, y)))
    return tuple(found)


def _within(at: int, room: int, length: int) -> int:
    return min(max(at, room // 2), length - room // 2)


def _is_free(x: int, y: int, taken: list[Point], width: int, height: int) -> bool:
    if not (WIDE // 2 <= x <= width - WIDE // 2 and HIGH // 2 <= y <= height - HIGH // 2):
        return False
    return all(abs(x - a) >= WIDE or abs(y - b) >= HIGH for a, b in taken)


@cache
def _steps() -> list[Point]:
    """Where a mark may go from its place, the nearest first."""
    reach = range(-REACH, REACH + 1, STEP)
    return sorted(((dx, dy) for dx in reach for dy in reach), key=lambda step: (step[0] ** 2 + step[1] ** 2, step))
