"""A name in any spelling finds its one crossing, or says what would be right."""

from __future__ import annotations

import time
from typing import Any

import pytest

from crossings.domain.faults import Refused
from crossings.matching import Names, fold
from crossings.models import Crossing


def crossing(slug: str, name: str, **fields: Any) -> Crossing:
    return Crossing(slug=slug, name=name, country_a="AF", country_b="PK", **fields)


NAMES = Names.of(
    [
        crossing("torkham", "Torkham", names={"ps": "تورخم", "ur": "طورخم"}, codes=["AFRKH", "PKTOR"]),
        crossing("islam-qala-dogharoun", "Islam Qala–Dogharoun", names={"fa": "اسلام قلعه"}, aliases=["Islam Qal'eh"]),
        crossing("angoor-ada", "Angoor Ada", names={"ps": "انګور اډه"}),
        crossing("hairatan-termez", "Hairatan–Termez", aliases=["Friendship Bridge"]),
        crossing("birgunj-raxaul", "Birgunj–Raxaul", aliases=["Friendship Bridge", "वीरगंज"]),
        crossing("medyka-shehyni", "Medyka–Shehyni", aliases=["Przemyśl", "Шегині", "Bełżec"]),
        crossing("san-ysidro", "San Ysidro", codes=["cbp:250401"]),
        crossing("post-23", "Post 23", aliases=["kyoungwon"]),
    ]
)

SPELLINGS = [
    ("torkham", "torkham"),
    ("TORKHAM", "torkham"),
    ("  Torkham ", "torkham"),
    ("ＴＯＲＫＨＡＭ", "torkham"),
    ("تورخم", "torkham"),
    ("تُورخَم", "torkham"),
    ("تـورخـم", "torkham"),
    ("AFRKH", "torkham"),
    ("af rkh", "torkham"),
    ("PKTOR", "torkham"),
    ("Islam Qala - Dogharoun", "islam-qala-dogharoun"),
    ("Islam Qala−Dogharoun", "islam-qala-dogharoun"),
    ("islam qala dogharoun", "islam-qala-dogharoun"),
    ("Islam Qal’eh", "islam-qala-dogharoun"),
    ("Islam Qaleh", "islam-qala-dogharoun"),
    ("اسلام‌قلعه", "islam-qala-dogharoun"),
    ("اسلام قلعة", "islam-qala-dogharoun"),
    ("إسلام قلعه", "islam-qala-dogharoun"),
    ("انگور اډه", "angoor-ada"),
    ("PRZEMYSL", "medyka-shehyni"),
    ("belzec", "medyka-shehyni"),
    ("ШЕГИНІ", "medyka-shehyni"),
    ("cbp:250401", "san-ysidro"),
    ("CBP:250401", "san-ysidro"),
    ("वीरगंज", "birgunj-raxaul"),
    ("Post ٢٣", "post-23"),
    ("post ۲۳", "post-23"),
]


@pytest.mark.parametrize(("spelling", "slug"), SPELLINGS)
def test_a_crossing_is_found_by_every_spelling_of_what_it_is_called(spelling: str, slug: str) -> None:
    assert NAMES.find(spelling).slug == slug


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ي", "ی"),
        ("ى", "ی"),
        ("ې", "ی"),
        ("ك", "ک"),
        ("ة", "ه"),
        ("ۀ", "ه"),
        ("ہ", "ه"),
        ("أ", "ا"),
        ("آ", "ا"),
        ("ؤ", "و"),
    ],
)
def test_letters_that_keyboards_confuse_are_one(one: str, other: str) -> None:
    assert fold(f"ب{one}ب") == fold(f"ب{other}ب")


def test_marks_that_are_letters_of_their_own_stay() -> None:
    assert fold("Шегині") != fold("Шегини")
    assert fold("Київ") != fold("Киів")
    assert fold("वाघा") != fold("वघ")


@pytest.mark.parametrize("text", ["Torkam", "", "—", "\x00", "\ud800", "250401", "x" * 100_000])
def test_what_is_not_called_so_exactly_is_not_linked(text: str) -> None:
    with pytest.raises(Refused) as refused:
        NAMES.find(text)
    [fault] = refused.value.faults
    assert fault.code == "unknown_crossing"
    assert "slug" in fault.detail and "UN/LOCODE" in fault.detail
    assert len(fault.detail) < 300


def test_a_name_of_two_crossings_names_the_candidates() -> None:
    with pytest.raises(Refused) as refused:
        NAMES.find("friendship bridge")
    [fault] = refused.value.faults
    assert fault.code == "ambiguous_crossing"
    assert "birgunj-raxaul, hairatan-termez" in fault.detail


def suggested(text: str) -> list[str]:
    return [found.slug for found, _, _ in NAMES.suggest(text)]


SUGGESTED = [
    ("Turkham", "torkham"),
    ("torkham border", "torkham"),
    ("Angor Ada", "angoor-ada"),
    ("Islam Qalla", "islam-qala-dogharoun"),
    ("طورخم بارڈر", "torkham"),
    ("Przemysl station", "medyka-shehyni"),
]


@pytest.mark.parametrize(("text", "slug"), SUGGESTED)
def test_a_close_name_is_suggested_and_never_linked(text: str, slug: str) -> None:
    assert suggested(text)[0] == slug
    with pytest.raises(Refused) as refused:
        NAMES.find(text)
    assert f"Did you mean {slug}" in refused.value.faults[0].detail


@pytest.mark.parametrize("text", ["", "a", "Atlantis", "Nowhere at all", "\x00", "\ud800", "12", "x" * 100_000])
def test_what_is_close_to_nothing_is_not_guessed_at(text: str) -> None:
    assert suggested(text) == []


NEWS = """Pakistan closed the TORKHAM crossing on Friday after a clash, an official said. Trucks also wait at
Angor-Ada, he added; “Islam Qal’eh” stays open."""


def test_names_are_found_within_a_text_with_the_words_that_matched() -> None:
    found = {crossing.slug: (score, words) for crossing, score, words in NAMES.suggest(NEWS)}
    assert found["torkham"] == (100.0, "TORKHAM")
    assert found["islam-qala-dogharoun"][0] >= 99 and found["islam-qala-dogharoun"][1] == "Islam Qal’eh"
    assert found["angoor-ada"][0] >= 88 and found["angoor-ada"][1] == "Angor-Ada"
    assert len(found) == 3


@pytest.mark.parametrize(
    ("text", "slugs"),
    [
        ("پاکستان نے طورخم بارڈر بند کر دیا ہے اور اسلام قلعہ کھلا ہے", ["islam-qala-dogharoun", "torkham"]),
        ("Рух через Шегині призупинено сьогодні вночі на дві години", ["medyka-shehyni"]),
        ("वीरगंज में सीमा आज सुबह से दोनों तरफ से बंद है", ["birgunj-raxaul"]),
        ("the friendship bridge was closed to goods on both of its sides", ["birgunj-raxaul", "hairatan-termez"]),
        ("torkhamites have said nothing at all about any place in the news", []),
    ],
)
def test_texts_in_every_script_suggest_what_they_name_whole(text: str, slugs: list[str]) -> None:
    assert suggested(text) == slugs


def test_a_fault_names_three_at_most_and_a_batch_of_nonsense_costs_little() -> None:
    names = Names.of([crossing(f"gate-{n}", f"Friendship Gate {n}") for n in range(3000)])
    with pytest.raises(Refused) as refused:
        names.find("Frendship Gate")
    assert refused.value.faults[0].detail.count("gate-") == 3
    began = time.monotonic()
    for n in range(5000):
        with pytest.raises(Refused):
            names.find(f"Frendship Gates {n} x")
    names.suggest("word by word the market goes on, and so does the waiting, " * 500)
    assert time.monotonic() - began < 4


@pytest.mark.django_db
def test_all_names_come_with_one_query(django_assert_num_queries: Any) -> None:
    crossing("torkham", "Torkham", timezone_a="Asia/Kabul", timezone_b="Asia/Karachi").save()
    with django_assert_num_queries(1):
        names = Names.load()
        assert names.find("Torkham").slug == "torkham"
        assert names.border(names.find("torkham")).countries == ("AF", "PK")
