"""The whole API against its own document: whatever is sent, with a key and without, no answer is outside of it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks as openapi

from crossings import reference
from crossings.api.schema import document
from tests.factories import claim, make_key, make_source, say

pytestmark = [pytest.mark.fuzz, pytest.mark.django_db]

CHECKS = [
    not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
]
OPERATIONS = [
    (path, method)
    for path, operations in document()["paths"].items()
    for method in operations
    if method != "parameters"
]
GOOD, BAD = 15, 8
"""Requests to each door with a key and without: within the document, and beside it."""
REAL: dict[str, list[Any]] = {
    "slug": ["torkham", "chaman", "dorohusk-yahodyn"],
    "number": [1, 2, 99],
    "id": ["1", "week-1"],
}
KNOWN = st.fixed_dictionaries({name: st.sampled_from(values) for name, values in REAL.items()})


@pytest.fixture(scope="module")
def house(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The reference data, in one transaction that is undone at the end; a key."""
    with django_db_blocker.unblock(), transaction.atomic():
        reference.load(timezone.now())
        source = make_source("fuzz")
        say(source, claim(effective_at=timezone.now().isoformat()), now=timezone.now())
        yield make_key(source, rate=1_000_000)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True, scope="module")
def one_connection() -> Iterator[None]:
    """Between requests Django would close a connection that is within a transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(scope="module")
def whole(house: str) -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/schema/", WSGIHandler())


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("keyed", [True, False], ids=["with a key", "without"])
@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_answer_is_outside_of_the_document(
    whole: Any, house: str, path: str, method: str, keyed: bool, mode: GenerationMode
) -> None:
    # Its client takes no answer apart that is compressed.
    headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {house}"} if keyed else {})
    cases = whole[path][method].as_strategy(generation_mode=mode)

    @settings(
        max_examples=GOOD if mode is GenerationMode.POSITIVE else BAD,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, real=st.booleans(), known=KNOWN)
    def ask(case: Any, real: bool, known: dict[str, Any]) -> None:
        if real:
            _meet(case, known)
        case.call_and_validate(checks=CHECKS, headers=headers)

    with warnings.catch_warnings(), suppress(Unsatisfiable):  # nothing can be wrong with what has no parameters
        warnings.simplefilter("ignore")
        ask()


def _meet(case: Any, known: dict[str, Any]) -> None:
    """Make it speak of what there is, or nearly all would end at a name that nobody knows."""
    for name in case.path_parameters or {}:
        if name in known:
            case.path_parameters[name] = known[name]
    if isinstance(case.body, dict):
        for each in [case.body, *(one for name in ("reports", "readings") for one in _list(case.body.get(name)))]:
            if isinstance(each, dict) and "crossing" in each:
                each["crossing"] = known["slug"]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
