"""Every address of the desk, asked by every role in and out of its countries: as the table in fixtures/ says.

After a change of rights: `WRITE_RIGHTS=1 python -m pytest tests/test_admin_rights.py`, and read what changed.
"""

from __future__ import annotations

import csv
import os
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from crossings.models import (
    Alarm,
    Bulletin,
    Draft,
    Invitation,
    Paste,
    Poll,
    Proposal,
    RawBatch,
    Reading,
    Report,
    Source,
)
from tests.desk import log, logged_in, staff
from tests.factories import make_crossing, make_key, make_source
from tests.receivers import make_endpoint
from tests.test_people import member, role_called
from tests.walk import Rows, address, addresses, first_rows

pytestmark = pytest.mark.django_db
TABLE = Path(__file__).parent / "fixtures/admin_rights.csv"
ROLES = ("recorder", "reviewer", "editor", "administrator")
WHO = ("stranger", "no_role", *(f"{role}_{place}" for role in ROLES for place in ("in", "out")), "superuser")


@pytest.fixture
def rows() -> Rows:
    """A row of everything, at Torkham or of a source of Pakistan."""
    make_crossing()
    source = make_source("rumour", trusted=False)
    Source.objects.filter(pk=source.pk).update(countries=["PK"])
    source.refresh_from_db()
    make_key(source)
    chief = logged_in(staff("chief", superuser=True))
    for typed in ({}, {"source": "rumour"}):
        log(chief, {"lane_all": "closed", "when": "now", "queue_low": "9", "note": "as it was", **typed})
    now = timezone.now()
    poll = Poll.objects.create(source=source, started_at=now)
    RawBatch.objects.create(poll=poll, source=source, body=zlib.compress(b"{}"), received_at=now, state="dead")
    Alarm.sound("poison", source, "five tries", now)
    make_endpoint("https://partner.example/hooks", now, source)
    of_the_desk(User.objects.get(username="chief"))
    found = first_rows()
    draft = Draft.objects.get(kind=Draft.Kind.REPORT)
    found |= {"report": Report.objects.get(), "reading": Reading.objects.get(), "draft": draft}
    found |= {"source": source, "user": User.objects.get(username="somebody")}
    return found


def of_the_desk(chief: User) -> None:
    """What only staff make."""
    report, now = Report.objects.get(), timezone.now()
    about: dict[str, Any] = {"crossing": report.crossing, "report": report, "proposed_by": chief, "proposed_at": now}
    Proposal.objects.create(kind="retraction", key="one", reason="a slip", **about)
    Paste.objects.create(text="closed", pasted_by=chief, pasted_at=now, crossing=report.crossing)
    Bulletin.objects.create(name="Morning", at=now, rows=[], made_by=chief, made_at=now)
    somebody = member("somebody", "recorder", "PK")
    given = {"role": role_called("recorder"), "countries": ["PK"], "invited_by": chief}
    Invitation.objects.create(digest="x", name="new", invited_at=now, expires_at=now, **given)
    kind = ContentType.objects.get_for_model(type(report.crossing))
    LogEntry.objects.create(
        user=chief, content_type=kind, object_id=str(report.crossing.pk), object_repr="Torkham", action_flag=2
    )
    assert somebody.is_staff


def person(who: str) -> Client:
    if who == "stranger":
        return Client()
    if who == "superuser":
        return logged_in(User.objects.get(username="chief"))
    role, _, place = who.rpartition("_")
    return logged_in(staff("nobody") if who == "no_role" else member(who, role, {"in": "PK", "out": "IR"}[place]))


def answers(client: Client, url: str) -> str:
    """The statuses of a GET and of an empty POST; nothing that they do stays."""
    found = []
    for ask in (client.get, client.post):
        with transaction.atomic():
            answer = ask(url)
            found.append(f"{answer.status_code}{'!' if _sent_away(answer) else ''}")
            transaction.set_rollback(True)
    return " ".join(found)


def _sent_away(answer: Any) -> bool:
    """To the login, or to the front page, where what was asked for is not there for this person."""
    return answer.status_code == 302 and (answer["Location"] == "/admin/" or "/admin/login/" in answer["Location"])


def table() -> dict[str, dict[str, str]]:
    with TABLE.open(newline="") as file:
        return {row.pop("address"): row for row in csv.DictReader(file)}


def write(who: str, found: dict[str, str]) -> None:
    rows = {name: line for name, line in table().items() if name in found} if TABLE.exists() else {}
    for name, answer in found.items():
        rows.setdefault(name, dict.fromkeys(WHO, ""))[who] = answer
    with TABLE.open("w", newline="") as file:
        lines = csv.DictWriter(file, ("address", *WHO), lineterminator="\n")
        lines.writeheader()
        lines.writerows({"address": name, **rows[name]} for name in sorted(rows))


@pytest.mark.fuzz
@pytest.mark.parametrize("who", WHO)
def test_every_address_answers_every_role_as_the_table_says(rows: Rows, who: str) -> None:
    client = person(who)
    found = {
        name: answers(client, address(name, pattern, rows))
        for name, pattern in sorted(dict(addresses(get_resolver().url_patterns)).items())
        if not name.endswith((":logout", ":jsi18n"))
    }
    if os.environ.get("WRITE_RIGHTS"):
        write(who, found)
    said = table()
    wrong = [
        f"{name}: {found.get(name, 'gone')}, not {said.get(name, {}).get(who, 'known')}"
        for name in sorted({*said, *found})
        if found.get(name) != said.get(name, {}).get(who)
    ]
    assert not wrong, "\n".join(wrong)
    assert not [name for name, answer in found.items() if " 5" in f" {answer}"]


@pytest.mark.parametrize("who, seen", [("administrator_out", False), ("administrator_in", True)])
def test_nothing_of_a_crossing_stands_on_any_list_or_search_of_who_does_not_look_after_it(
    rows: Rows, who: str, seen: bool
) -> None:
    client = person(who)
    lists = [name for name, _ in addresses(get_resolver().url_patterns) if name.endswith("_changelist")]
    pages = {name: client.get(reverse(name), query) for name in lists for query in ({}, {"q": "torkham"})}
    shown = [name for name, page in pages.items() if b">Torkham<" in page.content or b"/torkham/" in page.content]
    assert bool(shown) is seen, shown
