"""The command that gives keys out."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from crossings.domain.keys import hash_of, prefix_of
from crossings.models import ApiKey, Source
from tests.api import Api, api
from tests.factories import claim, make_crossing, make_source

__all__ = ["api"]
pytestmark = pytest.mark.django_db


def run(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("apikey", *arguments, stdout=out)
    return out.getvalue().splitlines()


def test_a_new_key_is_the_last_line_and_opens_the_door(api: Api) -> None:
    make_crossing()
    key = run("create", "--source", "khyber-brokers", "--name", "their robot", "--trusted")[-1]
    source = Source.objects.get(slug="khyber-brokers")
    assert (source.kind, source.public_label, source.trusted) == ("partner", "Khyber brokers", True)
    assert api.with_key(key).push("reports/", claim()).status_code == 201


def test_only_the_hash_of_a_key_is_kept() -> None:
    key = run("create", "--source", "khyber-brokers")[-1]
    kept = ApiKey.objects.get()
    assert (kept.prefix, kept.hash) == (prefix_of(key), hash_of(key))
    assert key not in repr(vars(kept)) and len(key) == 4 + 8 + 1 + 43


def test_a_new_source_is_not_trusted_unless_told_so_and_an_old_one_stays_as_it_was(api: Api) -> None:
    make_crossing()
    key = run("create", "--source", "stranger")[-1]
    assert api.with_key(key).push("reports/", claim()).status_code == 202
    make_source("friend", trusted=True, public_label="An agent")
    run("create", "--source", "friend")
    assert Source.objects.filter(slug="friend", trusted=True, public_label="An agent").exists()
    run("create", "--source", "stranger", "--trusted")
    assert Source.objects.get(slug="stranger").trusted


def test_a_revoked_key_opens_nothing_and_says_so_in_the_list(api: Api) -> None:
    make_crossing()
    key = run("create", "--source", "broker", "--trusted")[-1]
    prefix = prefix_of(key)
    assert "valid  broker" in run("list")[0]
    run("revoke", prefix)
    run("revoke", f"bct_{prefix}")
    assert api.with_key(key).push("reports/", claim()).status_code == 401
    assert run("list")[0].startswith(f"{prefix}  revoked")
    assert not any(key in line for line in run("list"))


@pytest.mark.parametrize(
    "arguments",
    [("create", "--source", "Not A Slug"), ("create", "--source", "x" * 81), ("create",), ("revoke", "nothing1"), ()],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(arguments: Any) -> None:
    with pytest.raises(CommandError):
        run(*arguments)
    assert not Source.objects.exists() and not ApiKey.objects.exists()


def test_a_source_that_is_switched_off_gets_no_key() -> None:
    make_source("gone", active=False)
    with pytest.raises(CommandError, match="not active"):
        run("create", "--source", "gone")
