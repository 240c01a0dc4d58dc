"""The OpenAPI document that is kept in the tree, from which clients are made."""

from __future__ import annotations

import json

from openapi_spec_validator import OpenAPIV31SpecValidator

from crossings.api.schema import document, kept_text
from tracker.state import BASE_DIR

KEPT = BASE_DIR / "clients/openapi.json"


def test_the_document_is_valid_openapi_3_1() -> None:
    made = json.loads(json.dumps(document()))
    assert made["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(made).iter_errors()] == []


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [told["operationId"] for path in document()["paths"].values() for told in path.values()]
    assert len(set(names)) == len(names)


def test_the_one_in_the_tree_is_what_the_code_says() -> None:
    same = KEPT.exists() and KEPT.read_text() == kept_text()
    assert same, "clients/openapi.json is not what the code says: run `make schema` and look at the diff."
