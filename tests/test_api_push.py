"""Pushing with a key: what is taken, one at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crossings.models import Draft, Retraction, Source
from tests.api import Api, api, body, broker, faults, partner, stored
from tests.factories import SEED_WEEK, claim, lanes, make_key, make_source, reading

__all__ = ["api", "broker", "partner"]
pytestmark = pytest.mark.django_db
RECENT = (timezone.now() - timedelta(hours=2)).isoformat()


def test_a_claim_is_recorded_and_the_answer_says_how_the_crossing_stands(partner: Api) -> None:
    answer = partner.push("reports/", claim(id="1", effective_at=RECENT, lanes=lanes("closed"), reason="strike"))
    said = body(answer)
    assert (answer.status_code, said["outcome"], said["crossing"]) == (201, "recorded", "torkham")
    assert answer.headers["Location"] == f"/api/v1/reports/{said['report']}/"
    assert answer.headers["Cache-Control"] == "private, no-store"
    board = partner.json("crossings/torkham/")
    assert (said["version"], said["position"], said["status"]) == (
        board["version"], board["position"], board["status"],
    )  # fmt: skip
    assert board["status"]["state"] == "closed"


def test_the_week_pushed_claim_by_claim_shows_on_the_board_and_in_changes(partner: Api) -> None:
    for each in SEED_WEEK:
        assert partner.push("reports/", each).status_code == 201
    at = partner.json("crossings/torkham/", at="2023-02-24T12:00:00Z")
    assert at["status"]["state"] == "restricted"
    assert partner.json("changes/")["changes"]
    # All was recorded just now: nothing of it was known then.
    then = partner.json("crossings/torkham/", at="2023-02-24T12:00:00Z", as_known_at="2023-02-24T12:00:00Z")
    assert then["status"]["state"] == "unknown"


@pytest.mark.parametrize("name", ["torkham", "AFRKH", "AF RKH", "cbp:1", "تورخم", "Torkham"])
def test_a_crossing_may_be_named_by_anything_it_is_called(partner: Api, name: str) -> None:
    assert body(partner.push("reports/", claim(crossing=name)))["crossing"] == "torkham"


def test_the_same_again_is_200_and_other_content_under_its_id_409(partner: Api) -> None:
    first = body(partner.push("reports/", claim(id="1", note="Open.")))
    again = partner.push("reports/", claim(id="1", note=" Open. ", precision="exact"))  # the same once normalised
    assert (again.status_code, body(again)["outcome"], body(again)["report"]) == (200, "same", first["report"])
    other = partner.push("reports/", claim(id="1", note="Shut.", lanes=lanes("closed")))
    assert other.status_code == 409
    assert faults(other) == {"/id": "id_conflict"} and body(other)["report"] == first["report"]
    assert stored() == (1, 0, 0)


def test_whoever_is_published_with_another_time_than_was_sent_is_told_so(partner: Api) -> None:
    ahead = (timezone.now() + timedelta(hours=2)).replace(microsecond=0)
    answer = partner.push("reports/", claim(id="1", effective_at=ahead.isoformat(), lanes=lanes("closed")))
    said = body(answer)
    assert (answer.status_code, said["outcome"], said["status"]["state"]) == (201, "recorded", "closed")
    assert f"{ahead:%Y-%m-%dT%H:%M:%SZ}, cannot be right" in said["detail"] and '"ordered"' in said["detail"]
    batch = {"reports": [claim(id=str(year), effective_at=f"{year}-01-01T00:00:00Z", lanes=lanes("closed"))
                         for year in (1926, 2025)]}  # fmt: skip
    old, sure = body(partner.push("batch/", batch))["results"]
    assert "1926-01-01T00:00:00Z, cannot be right" in old["detail"] and '"ordered"' not in old["detail"]
    assert "detail" not in sure
    ordered = claim(id="2", effective_at=ahead.isoformat(), basis="ordered", declared_by="PK", lanes=lanes("closed"))
    assert "detail" not in body(partner.push("reports/", ordered))


def test_two_sources_may_use_the_same_id(partner: Api, api: Api) -> None:
    assert partner.push("reports/", claim(id="1")).status_code == 201
    other = api.with_key(make_key(make_source("other")))
    assert other.push("reports/", claim(id="1", lanes=lanes("closed"))).status_code == 201


def test_what_is_held_is_202_with_the_reason_and_moves_nothing(api: Api, broker: Source) -> None:
    stranger = api.with_key(make_key(make_source("stranger", trusted=False)))
    answer = stranger.push("reports/", claim(effective_at=RECENT, lanes=lanes("closed")))
    said = body(answer)
    assert (answer.status_code, said["outcome"], said["detail"]) == (202, "draft", "the source is not trusted")
    assert said["status"]["state"] == "unknown" and "report" not in said
    assert stored() == (0, 0, 1)


def test_a_reading_is_recorded_and_stands_among_the_queues(partner: Api) -> None:
    answer = partner.push("readings/", reading(id="1", observed_at=RECENT, high=None))
    assert (answer.status_code, body(answer)["outcome"]) == (201, "recorded")
    queues = partner.json("crossings/torkham/")["queues"]
    assert [(each["low"], each["high"], each["reading"]) for each in queues] == [(1400, None, body(answer)["reading"])]
    assert partner.push("readings/", reading(id="1", observed_at=RECENT, high=None)).status_code == 200
    assert partner.push("readings/", reading(id="1", observed_at=RECENT, low=9, high=None)).status_code == 409


def test_a_source_takes_back_its_own_report_and_no_other(partner: Api, api: Api) -> None:
    number = body(partner.push("reports/", claim(effective_at=RECENT)))["report"]
    address = f"reports/{number}/retraction/"
    other = api.with_key(make_key(make_source("other")))
    assert other.push(address, {"reason": "mine now"}).status_code == 403
    assert faults(partner.push(address, {})) == {"/reason": "required"}
    assert faults(partner.push(address, {"reason": "x", "why": 1})) == {"/why": "unknown_field"}
    answer = partner.push(address, {"reason": "We mixed up two gates."})
    assert (answer.status_code, body(answer)["outcome"]) == (201, "retracted")
    assert body(answer)["status"]["state"] == "unknown"
    assert partner.push(address, {"reason": "We mixed up two gates."}).status_code == 200
    assert partner.push("reports/999/retraction/", {"reason": "x"}).status_code == 404


def test_nobody_learns_of_a_staff_report_by_trying_to_take_it_back(partner: Api, api: Api) -> None:
    number = body(partner.push("reports/", claim(visibility="staff", lanes=lanes("closed"))))["report"]
    assert partner.json("crossings/torkham/")["status"]["state"] == "unknown"
    other = api.with_key(make_key(make_source("other")))
    assert other.push(f"reports/{number}/retraction/", {"reason": "x"}).status_code == 404


def test_a_report_is_taken_back_by_the_sources_own_id_too(partner: Api, api: Api) -> None:
    said = body(partner.push("reports/", claim(id="amu/2023-02-25 4", effective_at=RECENT)))
    partner.push("readings/", reading(id="amu/2023-02-25 4", observed_at=RECENT))
    other = api.with_key(make_key(make_source("other")))
    address = "reports/amu/2023-02-25%204/retraction/"
    assert other.push(address, {"reason": "mine now"}).status_code == 404
    answer = partner.push(address, {"reason": "We mixed up two gates."})
    assert (answer.status_code, body(answer)["outcome"], body(answer)["report"]) == (201, "retracted", said["report"])
    assert body(answer)["status"]["state"] == "unknown"
    assert partner.push(address, {"reason": "again"}).status_code == 200
    assert list(Retraction.objects.values_list("reading", flat=True)) == [None]
    assert partner.push("reports/never/retraction/", {"reason": "x"}).status_code == 404


def test_what_is_held_is_taken_back_by_the_sources_own_id(api: Api, broker: Source) -> None:
    stranger = api.with_key(make_key(make_source("stranger", trusted=False)))
    held = body(stranger.push("reports/", claim(id="a", effective_at=RECENT)))
    answer = stranger.push("reports/a/retraction/", {"reason": "wrong"})
    assert (answer.status_code, body(answer)["draft"], "report" in body(answer)) == (201, held["draft"], False)
    assert Draft.objects.get().decision == "rejected"


def test_a_numeric_id_of_the_sources_own_takes_back_its_own_report_whosever_has_our_number(
    partner: Api, api: Api
) -> None:
    other = api.with_key(make_key(make_source("other")))
    theirs = body(other.push("reports/", claim(effective_at=RECENT)))["report"]
    mine = body(partner.push("reports/", claim(id=str(theirs), effective_at=RECENT)))["report"]
    answer = partner.push(f"reports/{theirs}/retraction/", {"reason": "x"})
    assert (answer.status_code, body(answer)["report"]) == (201, mine)
    assert list(Retraction.objects.values_list("report", flat=True)) == [mine]
    far = body(partner.push("reports/", claim(id="1000000", effective_at=RECENT)))["report"]
    assert body(partner.push("reports/1000000/retraction/", {"reason": "x"}))["report"] == far
    assert partner.push("reports/999999/retraction/", {"reason": "x"}).status_code == 404


def two_by_one_name(partner: Api) -> tuple[int, int]:
    """Two reports of the partner's own: our number, which is also the id of the second, and the second's number."""
    first = body(partner.push("reports/", claim(id="a", effective_at=RECENT)))["report"]
    return first, body(partner.push("reports/", claim(id=str(first), effective_at=RECENT)))["report"]


def test_what_is_one_reports_number_and_anothers_id_is_taken_back_by_whichever_is_meant(partner: Api) -> None:
    first, second = two_by_one_name(partner)
    address = f"reports/{first}/retraction/"
    unclear = partner.push(address, {"reason": "x"})
    assert unclear.status_code == 409 and faults(unclear) == {"": "ambiguous_id"}
    said = body(unclear)["detail"]
    assert all(part in said for part in (f"number {first}", f"number {second}", "?by=number", "?by=id"))
    assert not Retraction.objects.exists()
    assert body(partner.push(f"{address}?by=id", {"reason": "x"}))["report"] == second
    assert body(partner.push(f"{address}?by=number", {"reason": "x"}))["report"] == first
    assert Retraction.objects.count() == 2


def test_a_report_whose_id_is_its_own_number_is_clear(partner: Api) -> None:
    [first, _] = two_by_one_name(partner)
    same = body(partner.push("reports/", claim(id=str(first + 2), effective_at=RECENT)))["report"]
    assert same == first + 2
    assert body(partner.push(f"reports/{same}/retraction/", {"reason": "x"}))["report"] == same


def test_what_is_held_under_a_number_of_ones_own_is_not_passed_over_either(partner: Api, broker: Source) -> None:
    number = body(partner.push("reports/", claim(id="a", effective_at=RECENT)))["report"]
    broker.trusted = False
    broker.save()
    held = body(partner.push("reports/", claim(id=str(number), effective_at=RECENT)))["draft"]
    unclear = partner.push(f"reports/{number}/retraction/", {"reason": "x"})
    assert unclear.status_code == 409 and f"draft {held}" in body(unclear)["detail"]
    assert body(partner.push(f"reports/{number}/retraction/?by=id", {"reason": "x"}))["draft"] == held


def test_which_of_both_is_meant_is_said_in_one_of_two_words(partner: Api, api: Api) -> None:
    number = body(partner.push("reports/", claim(id="a", effective_at=RECENT)))["report"]
    address = f"reports/{number}/retraction/"
    assert faults(partner.push(f"{address}?by=us", {"reason": "x"})) == {"by": "invalid_parameter"}
    assert partner.push(f"{address}?by=id", {"reason": "x"}).status_code == 404
    assert partner.push("reports/a/retraction/?by=number", {"reason": "x"}).status_code == 404
    other = api.with_key(make_key(make_source("other")))
    assert other.push(f"{address}?by=number", {"reason": "x"}).status_code == 403
    assert other.push(f"{address}?by=id", {"reason": "x"}).status_code == 404


def test_no_reason_holds_a_telephone_number_by_whatever_door(partner: Api) -> None:
    number = body(partner.push("reports/", claim(id="a", effective_at=RECENT)))["report"]
    reason = "ask Karim, +93 70 123 4567"
    for key in (number, "a"):
        assert faults(partner.push(f"reports/{key}/retraction/", {"reason": reason})) == {"/reason": "phone_number"}
    [result] = body(partner.push("batch/", {"retractions": [{"id": "a", "reason": reason}]}))["results"]
    assert [fault["code"] for fault in result["errors"]] == ["phone_number"]
    assert not Retraction.objects.exists()


def test_a_list_is_told_what_batch_takes(partner: Api) -> None:
    assert '{"reports": [' in body(partner.push("reports/", [claim()]))["errors"][0]["detail"]


def test_a_wrong_traffic_is_told_of_all(partner: Api) -> None:
    answer = partner.push("reports/", claim(lanes=lanes("closed", "trains")))
    assert body(answer)["errors"][0]["detail"] == "Not one of: people, vehicles, cargo, all."
