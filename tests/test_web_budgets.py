"""What every page weighs, compressed, in every language, with the reference history behind it."""

from __future__ import annotations

import gzip
from collections.abc import Iterable

import pytest
from django.conf import settings
from django.utils import timezone

from crossings import reference
from crossings.models import Crossing
from crossings.web.regions import regions
from tests.factories import make_crossing
from tests.reader import Reader, reader

__all__ = ["reader"]
pytestmark = [pytest.mark.django_db, pytest.mark.browser]  # long: every page is weighed as a browser gets it

KIB = 1024
CROSSING, BOARD, MAP, LITE = 14 * KIB, 10 * KIB, 12 * KIB, 2 * KIB
"""Bytes, as `gzip -6` makes them."""
LETTERS = {"en": 160}
LETTERS_ELSEWHERE = 140
"""Code points of a message that is sent on."""
LANGUAGES = ["en", *settings.PLANNED_LANGUAGES]
ENTRIES = 60
SEED_WEEK = [
    "2023-02-19T18:00", "2023-02-23T08:00", "2023-02-23T15:00", "2023-02-24T15:00", "2023-02-25T10:00",
    "2023-04-27T12:00",
]  # fmt: skip
NAMES = {"ps": "نوې دروازه", "fa": "دروازهٔ نو", "ur": "نیا گیٹ"}


@pytest.fixture(autouse=True)
def history() -> None:
    reference.load(timezone.now())


def prefix(language: str) -> str:
    return "" if language == "en" else f"/{language}"


def too_heavy(reader: Reader, paths: Iterable[str], most: int) -> dict[str, int]:
    weights = {path: len(gzip.compress(reader.get(path).content, 6, mtime=0)) for path in paths}
    assert weights
    return {path: weight for path, weight in weights.items() if weight > most}


def everywhere(*paths: str) -> list[str]:
    return [f"{prefix(language)}{path}" for language in LANGUAGES for path in paths]


def slugs() -> list[str]:
    return sorted(Crossing.objects.values_list("slug", flat=True))


def test_every_page_of_a_crossing_is_light(reader):
    paths = [f"/c/{slug}/" for slug in slugs()]
    assert too_heavy(reader, everywhere(*paths, *(f"/c/torkham/?at={moment}" for moment in SEED_WEEK)), CROSSING) == {}


def test_the_board_of_sixty_crossings_is_light(reader):
    for n in range(ENTRIES - Crossing.objects.count()):
        make_crossing(f"gate{chr(ord('a') + n)}", names=NAMES)
    assert Crossing.objects.count() == ENTRIES
    asked = ("", "?for=cargo", "?to=AF", "?for=cargo&to=AF", "?q=torkham", "?country=AF")
    assert too_heavy(reader, everywhere(*(f"/{each}" for each in asked)), BOARD) == {}


def test_the_map_of_every_region_is_light(reader):
    asked = [f"/map/?region={slug}{lane}" for slug in regions() for lane in ("", "&for=cargo&to=AF")]
    assert too_heavy(reader, everywhere(*asked), MAP) == {}


def test_every_text_page_is_light(reader):
    paths = ["/?lite=1", *(f"/c/{slug}/?lite=1" for slug in slugs())]
    assert too_heavy(reader, everywhere(*paths, *(f"/c/torkham/?at={each}&lite=1" for each in SEED_WEEK)), LITE) == {}


def test_every_message_fits_and_tells_where_more_is_told(reader):
    for language in LANGUAGES:
        for slug, asked in [*((slug, "") for slug in slugs()), *(("torkham", f"?at={each}") for each in SEED_WEEK)]:
            text = reader.get(f"{prefix(language)}/c/{slug}/share.txt{asked}").content.decode().strip()
            assert 0 < len(text) <= LETTERS.get(language, LETTERS_ELSEWHERE), (language, slug, asked, text)
            if slug == "torkham" and not asked:
                assert text.endswith(f"{prefix(language)}/c/torkham/")
