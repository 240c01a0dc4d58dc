"""Many at once: every item has an outcome of its own."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from crossings import drafts
from crossings.models import Draft, Reading, Report, Retraction, Source
from tests.api import Api, api, body, broker, faults, partner, stored
from tests.factories import SEED_WEEK, claim, lanes, make_key, make_source, reading

__all__ = ["api", "broker", "partner"]
pytestmark = pytest.mark.django_db
RECENT = (timezone.now() - timedelta(hours=2)).isoformat()


def outcomes(answer: Any) -> list[tuple[str, str, int]]:
    return [(each["pointer"], each["outcome"], each["status"]) for each in body(answer)["results"]]


def test_each_item_of_a_batch_has_its_own_outcome(partner: Api) -> None:
    partner.push("reports/", claim(id="old", effective_at=RECENT))
    sent = {
        "reports": [
            claim(id="a", effective_at=RECENT, lanes=lanes("closed")),
            claim(id="bad", crossing="nowhere", basis="x"),
            claim(id="old", effective_at=RECENT),
            claim(id="old", note="other"),
            claim(id="a", effective_at=RECENT, lanes=lanes("closed")),
            7,
        ],
        "readings": [reading(id="r", observed_at=RECENT), reading(low=-1)],
        "retractions": [{"id": "a", "reason": "wrong"}, {"id": "r"}, {"id": "never"}, {"reason": "x"}],
    }
    answer = partner.push("batch/", sent)
    assert answer.status_code == 207
    assert outcomes(answer) == [
        ("/reports/0", "recorded", 201),
        ("/reports/1", "refused", 422),
        ("/reports/2", "same", 200),
        ("/reports/3", "conflict", 409),
        ("/reports/4", "same", 200),
        ("/reports/5", "refused", 422),
        ("/readings/0", "recorded", 201),
        ("/readings/1", "refused", 422),
        ("/retractions/0", "retracted", 201),
        ("/retractions/1", "retracted", 201),
        ("/retractions/2", "refused", 422),
        ("/retractions/3", "refused", 422),
    ]
    results = body(answer)["results"]
    assert {fault["pointer"] for fault in results[1]["errors"]} == {"/reports/1/crossing", "/reports/1/basis"}
    assert body(answer)["counts"] == {"recorded": 2, "refused": 5, "same": 2, "conflict": 1, "retracted": 2}
    assert body(answer)["position"] == partner.json("crossings/")["position"]
    assert stored() == (2, 1, 0)


def test_a_batch_sent_twice_is_recorded_once(partner: Api) -> None:
    sent = {"reports": SEED_WEEK, "readings": [reading()]}
    assert {outcome for _, outcome, _ in outcomes(partner.push("batch/", sent))} == {"recorded"}
    assert {outcome for _, outcome, _ in outcomes(partner.push("batch/", sent))} == {"same"}
    assert stored() == (5, 1, 0)


def test_a_draft_can_be_taken_back_too(api: Api, broker: Source) -> None:
    stranger = api.with_key(make_key(make_source("stranger", trusted=False)))
    sent = {"reports": [claim(id="1")], "retractions": [{"id": "1", "reason": "wrong"}]}
    assert [each[1] for each in outcomes(stranger.push("batch/", sent))] == ["draft", "retracted"]
    assert Draft.objects.get().decision == "rejected"


def test_an_unknown_list_in_a_batch_is_named(partner: Api) -> None:
    answer = partner.push("batch/", {"reports": [claim()], "reprots": []})
    assert ("/reprots", "refused", 422) in outcomes(answer)


def test_a_batch_of_too_many_items_is_a_413(partner: Api) -> None:
    answer = partner.push("batch/", {"retractions": [{"id": "x"}] * 5001})
    assert (answer.status_code, faults(answer)) == (413, {"": "too_many_items"})


def test_half_a_character_in_an_id_is_a_fault_and_no_crash(partner: Api) -> None:
    sent = {"reports": [claim(id="\ud800")], "retractions": [{"id": "\ud800"}, {"id": "\x00"}]}
    assert [each[2] for each in outcomes(partner.push("batch/", sent))] == [422, 422, 422]


def test_a_batch_of_over_500_is_written_in_several_transactions(partner: Api) -> None:
    items = [reading(id=str(n), observed_at="2023-02-24T07:00:00Z", low=n, high=None) for n in range(700)]
    assert body(partner.push("batch/", {"readings": items}))["counts"] == {"recorded": 700}


def test_what_is_the_same_again_names_the_report_or_reading_that_it_is(partner: Api) -> None:
    sent = {"reports": [claim(id="a"), claim(id="a")], "readings": [reading(id="q"), reading(id="q")]}
    for _ in range(2):
        told = body(partner.push("batch/", sent))["results"]
        assert [each.get("report") for each in told[:2]] == [Report.objects.get().pk] * 2
        assert [each.get("reading") for each in told[2:]] == [Reading.objects.get().pk] * 2
    gone = {"retractions": [{"id": "a"}, {"id": "a"}]}
    first, second = body(partner.push("batch/", gone))["results"]
    assert (first["outcome"], second["outcome"]) == ("retracted", "same")
    assert first["report"] == second["report"] == Report.objects.get().pk


WRONG_BATCHES: list[tuple[bytes, str, str]] = [
    (b'{"kind": "report"}\n{"kind": "report"}', "", "one JSON document"),
    (b"crossing,state\ntorkham,open", "", "one JSON document"),
    (b'[{"crossing": "torkham"}]', "", '{"reports": ['),
    (b'{"crossing": "torkham"}', "", '{"reports": ['),
    (b"{}", "", '{"reports": ['),
    (b'{"reports": {"id": "a"}}', "/reports", "list"),
]


@pytest.mark.parametrize(("sent", "pointer", "words"), WRONG_BATCHES)
def test_a_batch_that_is_none_is_told_what_one_would_be(partner: Api, sent: bytes, pointer: str, words: str) -> None:
    answer = partner.push("batch/", sent)
    assert answer.status_code in (400, 422)
    [fault] = body(answer)["errors"]
    assert fault["pointer"] == pointer and words in fault["detail"]
    assert "CSV" not in fault["detail"]


def test_a_batch_in_lines_is_told_which_content_type_is_taken(partner: Api) -> None:
    answer = partner.push("batch/", b'{"kind": "report"}', content_type="application/x-ndjson")
    assert answer.status_code == 415 and "one JSON document" in body(answer)["detail"]


@pytest.mark.django_db(transaction=True)
def test_a_retraction_waits_for_the_draft_that_is_being_accepted_and_takes_back_its_report(
    api: Api, broker: Source
) -> None:
    stranger = api.with_key(make_key(make_source("stranger", trusted=False)))
    stranger.push("reports/", claim(id="a", lanes=lanes("closed")))
    told: list[Any] = []

    def withdraw() -> None:
        try:
            told.append(stranger.push("batch/", {"retractions": [{"id": "a"}]}))
        finally:
            connection.close()

    with transaction.atomic():
        drafts.accept(Draft.objects.get(), by=User.objects.create_user("zarmina"), now=timezone.now())
        worker = Thread(target=withdraw)
        worker.start()
        worker.join(timeout=1)
        assert worker.is_alive()
    worker.join(timeout=10)
    assert outcomes(told[0]) == [("/retractions/0", "retracted", 201)]
    assert Retraction.objects.get().report == Report.objects.get()
