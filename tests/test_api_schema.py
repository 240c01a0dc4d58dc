"""The OpenAPI document: complete, and true of every answer."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from crossings.api import docs, urls
from crossings.api.auth import ApiKeyAuthentication, KeyHolder, requires
from crossings.api.problems import KINDS
from crossings.api.public import PublicView
from crossings.api.schema import document
from crossings.domain.vocabulary import Scope
from crossings.ledger import retract
from crossings.models import Report
from tests.api import Api, api
from tests.factories import SEED_WEEK, claim, lanes, make_crossing, make_key, make_source, reading, say, say_the_week

__all__ = ["api"]


def closed(shape: Any) -> Any:
    """The shape with nothing allowed beside what it names, so that a test sees what the document forgot."""
    if isinstance(shape, list):
        return [closed(each) for each in shape]
    if not isinstance(shape, dict):
        return shape
    found = {key: closed(each) for key, each in shape.items()}
    if "properties" in found and "additionalProperties" not in found:
        found["additionalProperties"] = False
    return found


def check(name: str, content: Any) -> None:
    components = closed(document()["components"])
    schema = {"$ref": f"#/components/schemas/{name}", "components": components}
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    assert [f"{error.json_path}: {error.message}" for error in validator.iter_errors(content)] == []


def test_every_shape_is_sound_and_leads_somewhere() -> None:
    made = document()
    assert made["openapi"].startswith("3.1")
    schemas = made["components"]["schemas"]
    for shape in schemas.values():
        Draft202012Validator.check_schema(shape)
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(made)))
    assert named <= schemas.keys()


def test_every_address_is_in_the_document_with_a_summary_and_its_answers() -> None:
    made = document()["paths"]
    patterns = {re.sub(r"<\w+:(\w+)>", r"{\1}", f"/api/v1/{url.pattern}") for url in urls.urlpatterns}
    assert patterns - {"/api/v1/schema/"} == made.keys()
    for path, operations in made.items():
        for method, told in operations.items():
            assert told["summary"], path
            assert all(answer["description"] for answer in told["responses"].values()), path
            if method == "get" and told.get("security") == [{"key": []}]:
                assert {"200", "401", "404", "503"} <= told["responses"].keys()
            elif method == "get":
                assert {"200", "304", "400", "503"} <= told["responses"].keys()
                assert "security" not in told or told["security"] in ([], [{}])
            elif "requestBody" not in told:
                assert {"401", "403", "404", "429", "503"} <= told["responses"].keys()
                assert told["security"] == [{"key": []}]
            else:
                assert {"400", "401", "413", "415", "422"} <= told["responses"].keys()
                assert told["security"] == [{"key": []}]
                assert "$ref" in told["requestBody"]["content"]["application/json"]["schema"]


def test_every_view_of_the_api_says_whom_it_is_for() -> None:
    for url in urls.urlpatterns:
        view = url.callback.cls  # type: ignore[attr-defined]
        if issubclass(view, PublicView):
            assert view.authentication_classes == []
        else:
            [whom] = view.permission_classes
            assert whom in {KeyHolder, *map(requires, Scope)}
            assert view.authentication_classes == [ApiKeyAuthentication]


@pytest.mark.django_db
def test_every_answer_keeps_to_the_document(api: Api) -> None:
    make_crossing()
    make_crossing("silent", latitude=None, longitude=None)
    source = make_source("amu")
    say_the_week(source)
    now = timezone.now()
    desk = make_source("desk", kind="staff")
    closing = claim(effective_at=now.isoformat(), lanes=lanes("closed"), where="road", by="protest", declared_by="PK")
    promise = claim(basis="announced", effective_at=..., lanes=SEED_WEEK[3]["lanes"])
    say(desk, closing, promise, reading(observed_at=now.isoformat(), high=None), now=now)
    say(source, claim(effective_at=now.isoformat(), until="2099-01-01"), now=now)
    retract(Report.objects.get(external_id="week-1"), reason="x", now=now)
    for name, path in {
        "Board": "crossings/",
        "CrossingAsked": "crossings/torkham/",
        "FeatureCollection": "crossings.geojson",
        "Summary": "summary.json",
        "Reports": "crossings/torkham/reports/",
        "Changes": "changes/?limit=1000",
        "History": "crossings/torkham/history/",
        "Readings": "crossings/torkham/readings/",
    }.items():
        check(name, json.loads(api.get(path).content))
    check("CrossingAsked", api.json("crossings/torkham/", at="2023-02-24T12:00:00Z"))
    check("CrossingAsked", api.json("crossings/torkham/", as_known_at="2023-02-24T12:00:00Z"))
    check("History", api.json("crossings/torkham/history/", as_known_at="2023-02-24T12:00:00Z"))
    check("Readings", api.json("crossings/torkham/readings/", bucket="hour"))
    check("Report", api.json(f"reports/{Report.objects.filter(visibility='public').latest('pk').pk}/"))


@pytest.mark.django_db
def test_every_answer_to_a_push_keeps_to_the_document(api: Api) -> None:
    make_crossing()
    partner = api.with_key(make_key(make_source()))
    stranger = api.with_key(make_key(make_source("stranger", trusted=False)))
    for sent in SEED_WEEK:
        check("Claim", sent)
    check("ReadingSent", reading())
    first = partner.push("reports/", claim(id="1"))
    number = json.loads(first.content)["report"]
    recorded = [first, partner.push("reports/", claim(id="1")), stranger.push("readings/", reading())]
    for answer in recorded:
        check("Recorded", json.loads(answer.content))
    conflict = partner.push("reports/", claim(id="1", note="other"))
    for answer in (conflict, partner.push("reports/", b"{"), partner.push("reports/", {}), api.push("reports/", {})):
        check("Problem", json.loads(answer.content))
    check("Problem", json.loads(api.get("crossings/?state=x").content))
    check("Retracted", json.loads(partner.push(f"reports/{number}/retraction/", {"reason": "x"}).content))
    batch = {"reports": [claim(id="2"), claim(id="2", note="o"), {}], "retractions": [{"id": "2"}, {"id": "?"}]}
    check("BatchSent", {**batch, "reports": batch["reports"][:2]})
    check("BatchResults", json.loads(partner.push("batch/", batch).content))


# The human docs


def test_the_docs_name_every_problem_and_lead_to_the_document() -> None:
    answer = docs.docs(RequestFactory().get("/api/docs/"))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert all(f'id="{kind}"' in text for kind in KINDS)
    assert "/api/v1/schema/" in text and "http://testserver/api/v1/crossings/" in text
    assert docs.docs(RequestFactory().post("/api/docs/")).status_code == 405


def curls(lines: str) -> list[list[str]]:
    """The words of each command."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*$", "", lines, flags=re.MULTILINE))
    return [shlex.split("curl" + each) for each in joined.split("curl")[1:]]


@pytest.mark.django_db
def test_every_line_of_the_docs_works_as_it_stands(api: Api) -> None:
    make_crossing()
    source = make_source()
    say_the_week(source)
    partner = api.with_key(make_key(source))
    shown = docs.examples("http://testserver")
    for words in curls(shown["read"]) + curls(shown["follow"]):
        [address] = [word for word in words if word.startswith("http")]
        assert api.get(address.removeprefix("http://testserver")).status_code == 200, address
    taken = []
    for words in curls(shown["push"]):
        [address] = [word for word in words if word.startswith("http")]
        path = address.removeprefix("http://testserver/api/v1/").replace("/41/", f"/{Report.objects.latest('pk').pk}/")
        taken.append(partner.push(path, words[words.index("-d") + 1].encode()).status_code)
    assert taken == [201, 201, 207, 201, 200]
