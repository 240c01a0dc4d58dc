"""However a question is put it has one answer: now, at this moment, as known at this moment, as it was told then."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import zip_longest
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from crossings import board, ledger
from crossings.models import Crossing, Current, Report, Source
from tests.factories import claim, lanes, make_crossing, make_source, reading, say, utc
from tests.oracle import lane_at
from tests.test_timeline_properties import few

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("SAME_EXAMPLES", "12"))
HOUR = timedelta(hours=1)
START = utc("2024-05-01 00:00")
Json = dict[str, Any]
Act = tuple[str, float, Json]
"""What is done, how many hours after the act before it, and its particulars."""

hours = st.sampled_from([0, 0, 0.05, 1, 5, 6, 6, 12, 24])
claims = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["press", "dawn", "desk", "kabul"]),
        "begins": st.sampled_from([0, 0, 0, -1, -6, -30, 6]),
        "said": st.sampled_from([0, 0, -1, -6]),
        "until": st.sampled_from([None, None, None, 6, 24]),
        "basis": st.sampled_from(["observed"] * 6 + ["ordered", "announced"]),
        "precision": st.sampled_from(["exact", "exact", "exact", "hour", "day"]),
        "declared_by": st.sampled_from(["AF", "PK", None]),
        "one_gate": st.sampled_from([False, False, True]),
        "where": st.sampled_from(["gate"] * 6 + ["road"]),
        "traffic": st.sampled_from(["all", "people", "cargo"]),
        "state": st.sampled_from(["open", "open", "closed", "restricted", "unknown"]),
    }
)
counts = st.fixed_dictionaries({"observed": st.sampled_from([0, -1, -30, 0.05])})
others = st.fixed_dictionaries(
    {"which": st.integers(0, 9), "at": st.sampled_from([0, 0, -1, 0.05]), "by": st.sampled_from(["desk", "press"])}
)
acts = st.one_of(
    st.tuples(st.just("say"), hours, claims),
    st.tuples(st.just("say"), hours, claims),
    st.tuples(st.just("count"), hours, counts),
    st.tuples(st.sampled_from(["confirm", "confirm", "retract", "settle"]), hours, others),
)
places = st.fixed_dictionaries(
    {
        "traffic": st.sampled_from([["people", "cargo"], ["cargo"]]),
        "must_speak": st.sampled_from([[], [], ["PK"]]),
        "fresh_for": st.sampled_from([6 * HOUR, 24 * HOUR]),
        "forget_after": st.sampled_from([18 * HOUR, 36 * HOUR, 60 * 24 * HOUR]),
    }
)


@pytest.fixture(autouse=True)
def checkpoints_close_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that few claims suffice to take up the derivation at one."""
    monkeypatch.setattr("crossings.ledger.derive.STEPS_BETWEEN_CHECKPOINTS", 2)


@pytest.fixture
def sources() -> dict[str, Source]:
    return {
        "press": make_source("press", kind="press"),
        "dawn": make_source("dawn", kind="press"),
        "desk": make_source("desk", kind="staff"),
        "kabul": make_source("kabul", kind="authority", country="AF"),
    }


@contextmanager
def nothing_kept() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def do(sources: dict[str, Source], act: Act, number: int, now: datetime) -> None:
    what, _, how = act
    if what == "say":
        said = the_claim(how, number, now)
        say(sources[how["source"]], said, now=now, vouched=True)
    elif what == "count":
        at = (now + how["observed"] * HOUR).isoformat()
        say(sources["press"], reading(id=str(number), observed_at=at), now=now, vouched=True)
    elif what == "settle":
        ledger.settle(now)
    elif reports := list(Report.objects.order_by("pk")):
        report = reports[how["which"] % len(reports)]
        if what == "retract":
            ledger.retract(report, reason="a mistake", now=now)
        else:
            ledger.confirm([report], source=sources[how["by"]], at=now + how["at"] * HOUR, now=now)


def the_claim(how: Json, number: int, now: datetime) -> Json:
    traffic = lanes(how["state"], how["traffic"])
    begins = now + how["begins"] * HOUR
    return claim(
        id=str(number), declared_by=how["declared_by"], basis=how["basis"], precision=how["precision"],
        one_gate=how["one_gate"] and how["declared_by"] is not None, where=how["where"],
        effective_at=begins.isoformat(), reported_at=(now + how["said"] * HOUR).isoformat(),
        until=(begins + 13 * HOUR + how["until"] * HOUR).isoformat() if how["until"] else None,
        lanes=traffic,
    )  # fmt: skip


def apart(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two answers differ, and in what."""
    if type(one) is type(other) and isinstance(one, dict):
        return [each for key in {**one, **other} for each in apart(one.get(key), other.get(key), f"{path}/{key}")]
    if isinstance(one, list) and isinstance(other, list):
        pairs = enumerate(zip_longest(one, other))
        return [each for i, pair in pairs for each in apart(*pair, f"{path}/{i}")]
    return [] if one == other else [f"{path}: {one} and {other}"]


def by_the_rules(known: datetime, at: datetime) -> list[Json]:
    """The lanes as tests/oracle.py has them, from every claim that was known."""
    place = Crossing.objects.get()
    said = [as_known(row, known) for row in Report.objects.filter(recorded_at__lte=known).select_related("source")]
    found = []
    for traffic, to in place.border().lanes:
        claims = [
            SimpleNamespace(**vars(each), state=put["state"], conditions=[])
            for each in said
            for put in each.lanes
            if (put["traffic"], put["to"]) == (traffic, to)
        ]
        must_speak = place.must_speak or place.countries
        state, gates, holders, _ = lane_at(claims, at, place.countries, must_speak, place.forget_after)
        found.append({"state": state, "gates": gates, "held_by": holders})
    return found


def as_known(row: Report, known: datetime) -> SimpleNamespace:
    times = ["recorded_at", "reported_at", "effective_at", "precision", "until"]
    fields = [*times, "one_gate", "basis", "where", "by", "lanes"]
    confirmations = row.confirmations.filter(recorded_at__lte=known).values_list("confirmed_at", flat=True)
    return SimpleNamespace(
        **{name: getattr(row, name) for name in fields}, report=row.pk, side=row.declared_by, source=row.source.slug,
        authority=row.source.kind == "authority", confirmations=list(confirmations),
        retracted=hasattr(row, "retraction") and row.retraction.recorded_at <= known,
    )  # fmt: skip


def of_the_rules(lane: Json) -> Json:
    holders = {(each["side"] or "", each["where"], each["by"]) for each in lane["held_by"]}
    return {"state": lane["state"], "gates": lane["gates"], "held_by": holders}


def told(now: datetime, **asked: datetime) -> Json:
    found = board.crossing("torkham", now=now, **asked)
    return {"status": found["status"], "queues": found["queues"]}


@pytest.mark.fuzz
@settings(few(EXAMPLES), phases=(Phase.explicit, Phase.reuse, Phase.generate), suppress_health_check=list(HealthCheck))
@given(place=places, done=st.lists(acts, min_size=2, max_size=12), rest=hours)
def test_a_question_has_one_answer_however_it_is_put(
    sources: dict[str, Source], place: Json, done: list[Act], rest: float
) -> None:
    with nothing_kept():
        make_crossing(**place)
        now = START
        seen: dict[datetime, tuple[Json, Any]] = {}
        for number, act in enumerate(done):
            now += act[1] * HOUR
            if act[0] == "say" and "cargo" in place["traffic"] and len(place["traffic"]) == 1:
                act[2]["traffic"] = "all"
            do(sources, act, number, now)
            seen[now] = told(now), board.history("torkham", now=now).content
        now += rest * HOUR
        assert apart(told(now), told(now, at=now)) == []
        assert apart(told(now), told(now, at=now, as_known_at=now)) == []
        for then, (answer, history) in seen.items():
            assert apart(told(now, as_known_at=then), answer) == [], then
            assert apart(told(now, at=then), told(now, at=then, as_known_at=now)) == [], then
            assert apart(board.history("torkham", as_known_at=then, now=now).content, history) == [], then
            for at in (then, max(then, now - 5 * HOUR)):
                known = told(now, at=at, as_known_at=then)["status"]["lanes"]
                assert apart([of_the_rules(lane) for lane in known], by_the_rules(then, at)) == [], (then, at)
        assert ledger.rebuild("torkham", check=True, now=now) == []


def test_a_rebuild_finds_what_is_stored_otherwise_than_it_stands(sources: dict[str, Source]) -> None:
    make_crossing()
    say(sources["desk"], claim(effective_at=START.isoformat()), reading(observed_at=START.isoformat()), now=START)
    assert ledger.rebuild(check=True, now=START + HOUR) == []
    current = Current.objects.get()
    Current.objects.update(status={**current.status, "note": "by hand", "known_lanes": 5}, queues=[])
    told_apart = "torkham: it stands otherwise than stored in: known_lanes, note, queues"
    assert ledger.rebuild(check=True, now=START + HOUR) == [told_apart]
    later = START + 30 * HOUR
    assert ledger.rebuild(check=True, now=later) == [told_apart]
    ledger.rebuild(now=later)
    assert ledger.rebuild(check=True, now=later) == []
    assert {lane["confidence"] for lane in Current.objects.get().status["lanes"]} == {"stale"}
