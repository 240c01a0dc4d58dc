"""Two people at the same crossing at once: the second sees what changed meanwhile and decides; nothing is lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from crossings import ledger
from crossings.models import Report
from tests.desk import KABUL, LOG, admin_url, at, fields_of, logged_in, preview, save, staff
from tests.factories import make_crossing

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people() -> list[Client]:
    make_crossing()
    return [logged_in(staff(name, "add_report", "view_report")) for name in ("zahra", "omar")]


def text(response: Any) -> str:
    found: str = response.content.decode()
    return found


def at_once(*sent: tuple[Client, dict[str, Any]], url: str = LOG) -> list[Any]:
    start = threading.Barrier(len(sent))

    def post(client: Client, form: dict[str, Any]) -> Any:
        try:
            start.wait(10)
            return client.post(url, {**form, "action": "save"})
        finally:
            connection.close()

    with ThreadPoolExecutor(len(sent)) as pool:
        return [each.result() for each in [pool.submit(post, *pair) for pair in sent]]


def test_of_two_who_save_the_same_crossing_at_once_one_is_recorded_and_the_other_sees_it_and_decides(
    people: list[Client],
) -> None:
    typed = [{"lane_all": "closed", "declared_by": "PK", "note": "from the agent"},
             {"lane_all": "restricted", "declared_by": "AF", "note": "from the driver"}]  # fmt: skip
    forms = [fields_of(preview(client, {**each, "when": "now"})) for client, each in zip(people, typed, strict=True)]
    answers = at_once(*zip(people, forms, strict=True))
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    [first] = Report.objects.all()
    second = next(number for number, answer in enumerate(answers) if answer.status_code == 200)
    page = answers[second]
    assert f"{first.recorded_by} recorded on" in text(page) and "Nothing is saved yet" in text(page)
    kept = fields_of(page)
    assert {name: kept[name] for name in typed[second]} == typed[second]
    save(people[second], page)
    assert Report.objects.count() == 2
    assert set(Report.objects.values_list("note", flat=True)) == {"from the agent", "from the driver"}
    assert ledger.rebuild(check=True, now=timezone.now()) == []


def test_two_taps_on_save_at_once_are_one_report_and_both_are_told_so(people: list[Client]) -> None:
    form = fields_of(preview(people[0], {"lane_all": "closed", "when": "now"}))
    other = logged_in(User.objects.get(username="zahra"))
    answers = at_once((people[0], form), (other, form))
    assert [answer.status_code for answer in answers] == [302, 302]
    assert len({answer["Location"] for answer in answers}) == 1
    assert Report.objects.count() == 1


def test_one_act_at_many_crossings_and_an_update_of_one_of_them_at_once_lose_nothing(people: list[Client]) -> None:
    make_crossing("chaman")
    page = people[0].get(LOG, {"all": "AF-PK"})
    typed = {"lane_all": "closed", "declared_by": "PK", "when": "now", "action": "preview"}
    many = people[0].post(LOG, {**fields_of(page), **typed})
    one = preview(people[1], {"lane_all": "open", "declared_by": "AF", "when": "now"}, "torkham")
    pairs = [(people[0], many), (people[1], one)]
    answers = at_once(*((client, fields_of(shown)) for client, shown in pairs))
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    assert Report.objects.count() in (1, 2)  # both of the act or none of it, and the update or not
    second = next(number for number, answer in enumerate(answers) if answer.status_code == 200)
    save(people[second], answers[second])
    assert Report.objects.count() == 3


def test_of_two_corrections_of_one_report_at_once_one_is_done_and_the_other_is_told(people: list[Client]) -> None:
    chiefs = [logged_in(staff(name, superuser=True)) for name in ("dina", "edna")]
    save(people[0], preview(people[0], {"lane_all": "closed", **at("2024-02-23", "10:00", KABUL)}))
    save(people[0], preview(people[0], {"lane_all": "open", "when": "now"}))
    url = admin_url(Report.objects.earliest("pk"), "correct")
    typed = {"because-reason": "heard wrong", "declared_by": "PK", "action": "preview"}
    forms = [fields_of(chief.post(url, {**fields_of(chief.get(url)), **typed})) for chief in chiefs]
    answers = at_once(*zip(chiefs, forms, strict=True), url=url)
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    assert "retracted meanwhile" in text(next(answer for answer in answers if answer.status_code == 200))
    assert Report.objects.count() == 3
