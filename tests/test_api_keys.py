"""Keys: the command that gives them out, and what they open."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from crossings.domain.keys import hash_of, prefix_of
from crossings.models import ApiKey, Source
from tests.api import DOORS, GOOD, Api, api, broker, partner, stored
from tests.factories import claim, make_crossing, make_key, make_source

__all__ = ["api", "broker", "partner"]
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
    [
        ("create", "--source", "Not A Slug"),
        ("create", "--source", "x" * 81),
        ("create",),
        ("revoke", "nothing1"),
        (),
        ("create", "--source", "x", "--expires", "2020-01-01"),
        ("create", "--source", "x", "--expires", "soon"),
        ("create", "--source", "x", "--rate", "0"),
        ("create", "--source", "x", "--scope", "everything"),
        ("create", "--source", "x", "--country", "PAK"),
        ("create", "--source", "x", "--contact", "nobody"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(arguments: Any) -> None:
    with pytest.raises(CommandError):
        run(*arguments)
    assert not Source.objects.exists() and not ApiKey.objects.exists()


def test_a_source_that_is_switched_off_gets_no_key() -> None:
    make_source("gone", active=False)
    with pytest.raises(CommandError, match="not active"):
        run("create", "--source", "gone")


def test_a_key_has_all_scopes_and_no_end_unless_told_otherwise() -> None:
    run("create", "--source", "broker")
    key = ApiKey.objects.get()
    assert (key.scopes, key.rate, key.contact, key.expires_at) == (["report", "backfill", "webhook"], 3000, "", None)
    assert key.source.countries == []


def test_a_key_gets_the_scopes_the_end_the_rate_and_the_countries_it_is_made_with() -> None:
    given = ["--scope", "report", "--scope", "webhook", "--expires", "2099-12-31", "--rate", "60"]
    assert run("create", "--source", "broker", *given, "--country", "pk", "--country", "AF", "--contact", "a@b.example")
    key = ApiKey.objects.select_related("source").get()
    assert (key.scopes, key.rate, key.contact) == (["report", "webhook"], 60, "a@b.example")
    assert key.expires_at and key.expires_at.isoformat() == "2100-01-01T00:00:00+00:00"
    assert key.source.countries == ["PK", "AF"]
    [line] = run("list")
    assert line.endswith("may report, webhook  60 a minute  until 2100-01-01 00:00Z  in PK, AF  a@b.example")
    run("create", "--source", "broker")
    assert Source.objects.get().countries == ["PK", "AF"]


# Keys


def test_every_reason_for_refusing_a_key_sounds_the_same(api: Api, broker: Source) -> None:
    now = timezone.now()
    good = make_key(broker)
    keys = {
        "": "none",
        "nonsense": "no key at all",
        good[:-1] + ("A" if good[-1] != "A" else "B"): "wrong by a letter",
        "bct_aaaaaaaa_" + "x" * 43: "unknown",
        make_key(broker, revoked_at=now): "revoked",
        make_key(broker, expires_at=now): "expired",
        make_key(make_source("gone", active=False)): "of a source that is switched off",
    }
    answers = {why: api.with_key(key).push("reports/", claim()) for key, why in keys.items()}
    assert {answer.status_code for answer in answers.values()} == {401}
    assert {answer.headers["WWW-Authenticate"] for answer in answers.values()} == {'Bearer realm="api"'}
    assert len({answer.content for answer in answers.values()}) == 1
    assert api.with_key(good).push("reports/", claim()).status_code == 201
    assert stored() == (1, 0, 0)


@pytest.mark.parametrize("header", ["Basic abc", "Bearer", "Bearer ", "Bearer é", "bearer x y", "\xff"])
def test_no_authorization_header_is_a_server_error(api: Api, header: str) -> None:
    answer = api.client.post("/api/v1/reports/", GOOD, "application/json", headers={"Authorization": header})
    assert answer.status_code == 401


def test_a_key_counts_whatever_the_case_of_bearer(api: Api, broker: Source) -> None:
    headers = {"Authorization": f"bearer {make_key(broker)}"}
    assert api.client.post("/api/v1/reports/", GOOD, "application/json", headers=headers).status_code == 201


def test_the_use_of_a_key_is_noted_at_most_every_five_minutes(partner: Api) -> None:
    partner.push("reports/", claim(id="1"))
    noted = ApiKey.objects.get().last_used_at
    assert noted is not None
    partner.push("reports/", claim(id="2"))
    assert ApiKey.objects.get().last_used_at == noted
    ApiKey.objects.update(last_used_at=noted - timedelta(minutes=6))
    partner.push("reports/", claim(id="3"))
    assert (ApiKey.objects.get().last_used_at or noted) > noted


def test_a_session_opens_no_door_of_the_api(api: Api, broker: Source, admin_client: Any) -> None:
    assert admin_client.post("/api/v1/reports/", GOOD, "application/json").status_code == 401


def test_a_door_for_pushing_takes_post_alone(partner: Api) -> None:
    for path in DOORS:
        for method in ("get", "put", "delete", "options"):
            answer = getattr(partner.client, method)(f"/api/v1/{path}")
            assert answer.status_code == 405 and answer.headers["Allow"] == "POST", (path, method)
