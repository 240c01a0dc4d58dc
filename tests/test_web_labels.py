"""Every word that people read has its label as a constant in one place; countries and cities have names."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.utils import translation

from crossings.domain import vocabulary
from crossings.domain.vocabulary import By, Word
from crossings.phrases.countries import country, zone_name
from crossings.phrases.labels import LABELS, label
from tracker.state import BASE_DIR

KINDS = [kind for kind in vars(vocabulary).values() if isinstance(kind, type) and issubclass(kind, Word)]
TOLD_OTHERWISE = {
    "Word": "no word itself",
    "State": "a lane's sentence says it, never the bare word",
    "Precision": "a time is shown as finely as it is known",
    "Basis": "an announcement or an order says what it is",
    "Where": "the holder's phrase says it",
    "Effect": "the condition's phrase says it",
    "CountryOf": "the condition's phrase says it",
    "Measure": "the count's phrase says it",
    "Unit": "counted: with its plural",
    "Passing": "the hours' phrase says it",
    "Visibility": "for staff",
    "HowKnown": "for staff",
    "ChangeType": "for machines",
    "Turn": "for machines",
    "Scope": "for staff",
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_word_of_the_vocabulary_has_its_label_or_is_told_otherwise(kind):
    if kind.__name__ in TOLD_OTHERWISE:
        assert kind not in LABELS
        return
    assert set(LABELS[kind]) == set(kind)
    assert [label(word) for word in kind] == [word.label for word in kind]


def test_what_the_public_reads_is_never_looked_up_by_a_variable():
    """Only a constant can be found by makemessages."""
    rooms = [BASE_DIR / "crossings" / room for room in ("phrases", "web", "board", "templatetags")]
    looked_up = re.compile(r"\b(?:p?gettext(?:_lazy)?|ngettext)\(\s*(?!\s*[\"'])")
    found = [path.name for room in rooms for path in Path(room).rglob("*.py") if looked_up.search(path.read_text())]
    assert found == []


def test_each_country_and_city_of_the_reference_data_has_its_name_in_each_language():
    sides = [
        side
        for each in json.loads((BASE_DIR / "crossings/reference/crossings.json").read_text())
        for side in each["sides"]
    ]
    assert (country("PK"), zone_name("Asia/Kabul"), country("QQ")) == ("Pakistan", "Kabul", "QQ")
    for language in ("ps", "fa-af", "ur"):
        with translation.override(language):
            named = [country(side["country"]) for side in sides] + [zone_name(side["timezone"]) for side in sides]
            assert not [name for name in named if re.search("[A-Za-z]", name)]
            assert country("PK") == "پاکستان" and label(By.TRADERS)
