"""What the words mean, from the vocabulary itself: the content of /about/."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext

from crossings.domain.vocabulary import (
    By,
    Confidence,
    Method,
    Outcome,
    Reason,
    SourceKind,
    State,
    Traffic,
    Word,
)
from crossings.phrases.labels import label
from crossings.phrases.text import capital
from crossings.phrases.words import SHUT, TRAFFIC_ORDER


def everything() -> dict[str, Any]:
    return {
        "states": [(mark, capital(name), words) for mark, (name, words) in _marks().items()],
        "traffic": [(capital(label(each)), words) for each, words in _traffic()],
        "confidence": [(capital(label(each)), words) for each, words in _confidence().items()],
        "outcomes": [(capital(label(each)), words) for each, words in _outcomes().items()],
        "sources": [(capital(label(each)), words) for each, words in _sources().items()],
        "reasons": _labels(Reason),
        "holders": _labels(By),
        "methods": _labels(Method),
    }


def _labels(words: Iterable[Word]) -> str:
    return gettext(", ").join(label(word) for word in words)


def _marks() -> dict[str, tuple[str, str]]:
    return {
        State.OPEN.value: (
            gettext("open"),
            gettext(
                "Every gate that has to be heard was reported open, lately, and by more than one source, by the gate’s "
                "own authority or by our staff. Where any of this is missing, the words are “last reported open”, "
                "with the mark for not known."
            ),
        ),
        State.RESTRICTED.value: (
            gettext("closed except…, or open, with conditions"),
            gettext(
                "Some pass and others do not. “Closed except…” names the only ones let through; “open, with "
                "conditions” names those who are not. Across two gates, both must let you pass."
            ),
        ),
        State.CLOSED.value: (
            gettext("closed"),
            gettext(
                "At least one gate is shut, or the road to it. One gate is enough to close a crossing; the page says "
                "which, and who closed it."
            ),
        ),
        SHUT: (
            gettext("shut at this hour"),
            gettext("It is open, but not at this hour of the day or on this day of the week. It says when it opens."),
        ),
        State.UNKNOWN.value: (
            gettext("not known"),
            gettext(
                "We have not heard enough: from one side, or for a long time. Not known means neither open nor closed."
            ),
        ),
    }


def _traffic() -> list[tuple[Traffic, str]]:
    told = {
        Traffic.CARGO: gettext("Goods carried by truck, loaded or empty."),
        Traffic.VEHICLES: gettext("Cars and buses and those in them."),
        Traffic.PEOPLE: gettext("Those who cross on foot."),
    }
    return [(traffic, told[traffic]) for traffic in TRAFFIC_ORDER]


def _confidence() -> dict[Confidence, str]:
    return {
        Confidence.CURRENT: gettext(
            "Heard within the last day from the gate’s own authority, our staff or two sources."
        ),
        Confidence.SINGLE: gettext("It rests on one source that is neither that gate’s authority nor our staff."),
        Confidence.STALE: gettext("Nobody has said for more than a day that it still holds."),
        Confidence.ASSUMED: gettext(
            "It holds only because another word has run out, or because an announced closing has come due without word."
        ),
        Confidence.DISPUTED: gettext("Another trusted source says otherwise. Both are shown side by side."),
    }


def _outcomes() -> dict[Outcome, str]:
    return {
        Outcome.KEPT: gettext("It came about."),
        Outcome.WITHDRAWN: gettext("It was taken back, or put off to another time."),
        Outcome.LAPSED: gettext("Its time passed and nobody said that it came about."),
    }


def _sources() -> dict[SourceKind, str]:
    return {
        SourceKind.AUTHORITY: gettext("Speaks of its own gate only; it proves nothing about the other."),
        SourceKind.PARTNER: gettext("Customs brokers, aid workers and others who send us what they learn."),
        SourceKind.PRESS: gettext("News reports, each with its address."),
        SourceKind.STAFF: gettext("People who work for this site."),
        SourceKind.FIELD: gettext("People at or near the gate. Their names never leave the house."),
    }
