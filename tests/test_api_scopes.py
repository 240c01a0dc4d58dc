"""What a key may be used for, and of what its source may speak."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crossings.ingest import ingest_file
from crossings.models import Draft, Source
from tests.api import DOORS, Api, api, body, broker, faults, stored
from tests.factories import claim, lanes, make_crossing, make_key, make_source, reading

__all__ = ["api", "broker"]
pytestmark = pytest.mark.django_db


def test_a_key_without_the_scope_pushes_nothing_and_is_told_which_it_lacks(api: Api, broker: Source) -> None:
    narrow = api.with_key(make_key(broker, scopes=["backfill", "webhook"]))
    for path in DOORS:
        answer = narrow.push(path, claim())
        assert answer.status_code == 403 and faults(answer) == {"": "scope_missing"}, path
        assert "scope report" in body(answer)["detail"]
    assert stored() == (0, 0, 0)


def test_any_key_may_ask_for_passage_and_for_its_own_drafts(api: Api, broker: Source) -> None:
    key = api.with_key(make_key(broker, scopes=[]))
    assert key.push("crossings/torkham/passage/", {"to": "PK"}).status_code == 200
    assert key.get("drafts/1/").status_code == 404


def test_without_a_key_nobody_is_told_of_scopes(api: Api, broker: Source) -> None:
    assert {api.push(path, claim()).status_code for path in DOORS} == {401}


def old(**fields: Any) -> Any:
    return claim(effective_at=(timezone.now() - timedelta(days=8)).isoformat(), **fields)


def test_only_a_key_that_may_backfill_brings_what_is_older_than_seven_days(api: Api, broker: Source) -> None:
    plain = api.with_key(make_key(broker, scopes=["report"]))
    held = plain.push("reports/", old(id="1"))
    assert held.status_code == 202 and "older than seven days" in body(held)["detail"]
    assert plain.push("readings/", reading(id="2", observed_at=old()["effective_at"])).status_code == 202
    batch = body(
        plain.push("batch/", {"reports": [old(id="3"), claim(id="4", effective_at=timezone.now().isoformat())]})
    )
    assert [each["status"] for each in batch["results"]] == [202, 201]
    assert set(Draft.objects.values_list("why", flat=True)) == {"backfill"}
    assert api.with_key(make_key(broker)).push("reports/", old(id="5")).status_code == 201
    assert stored() == (2, 0, 3)


def test_what_tightens_is_published_at_once_even_so(api: Api, broker: Source) -> None:
    plain = api.with_key(make_key(broker, scopes=["report"]))
    answer = plain.push("reports/", old(lanes=lanes("closed")))
    assert answer.status_code == 201
    assert broker.alarms.get().kind == "odd_time"
    assert "published at once" in body(answer)["detail"]


# Of what its source may speak


@pytest.fixture
def elsewhere(api: Api, broker: Source) -> Api:
    """The key of a source granted one country, which is not that of torkham."""
    make_crossing("islam-qala", ("AF", "IR"))
    return api.with_key(make_key(make_source("herat", countries=["IR"])))


def test_a_source_granted_a_country_speaks_of_crossings_with_a_side_there_alone(elsewhere: Api) -> None:
    refused = elsewhere.push("reports/", claim())
    assert refused.status_code == 403 and faults(refused) == {"/crossing": "crossing_not_granted"}
    assert elsewhere.push("readings/", reading()).status_code == 403
    sent = {"reports": [claim(), claim(crossing="islam-qala")], "readings": [reading()]}
    results = body(elsewhere.push("batch/", sent))["results"]
    assert [each["status"] for each in results] == [403, 201, 403]
    assert stored() == (1, 0, 0)


def test_of_crossings_and_countries_both_have_to_fit(elsewhere: Api) -> None:
    source = Source.objects.get(slug="herat")
    source.crossings.add(make_crossing("milak", ("AF", "IR")))
    assert elsewhere.push("reports/", claim(crossing="islam-qala")).status_code == 403
    assert elsewhere.push("reports/", claim(crossing="milak")).status_code == 201
    Source.objects.filter(slug="herat").update(countries=["PK"])
    assert elsewhere.push("reports/", claim(crossing="milak", id="2")).status_code == 403


def test_a_feed_obeys_the_grant_like_a_push(broker: Source, tmp_path: Any) -> None:
    make_crossing("islam-qala", ("AF", "IR"))
    source = make_source("herat", countries=["IR"], format="partner")
    sent = tmp_path / "1.json"
    sent.write_text(json.dumps({"reports": [claim(), claim(crossing="islam-qala")]}))
    assert ingest_file(source, sent).counts == {"recorded": 1, "refused": 1}
