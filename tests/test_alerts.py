"""E-mail alerts, from a change to a letter on a real mail server: closures run, openings walk."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import pytest
from django.conf import settings as site

from crossings import alerts
from crossings.alerts.send import run
from crossings.ledger import redact
from crossings.models import Change, Crossing, Notice, Report, Source
from tests.factories import SEED_WEEK, claim, lanes, make_crossing, make_source, reading, say, utc
from tests.post import (
    ASKED,
    DAY,
    DRIVER,
    HOUR,
    MINUTE,
    NOON,
    Mailbox,
    desk,
    every,
    mailbox,
    press,
    stands,
    subscribed,
    text,
    told,
    torkham,
)  # fmt: skip

__all__ = ["desk", "mailbox", "press", "torkham"]
pytestmark = pytest.mark.django_db

LANGUAGES = ["en", *site.PLANNED_LANGUAGES]
FORBIDDEN = re.compile(r"\b(go|safe to|you can cross|you may cross)\b", re.IGNORECASE)


# What goes out at once, and what waits


def test_a_closing_is_told_at_once_with_its_holder_source_age_and_queue(
    mailbox: Mailbox, torkham: Crossing, desk: Source, press: Source
) -> None:
    stands(desk, "open", NOON - DAY)
    subscribed(torkham)
    say(press, reading(observed_at=(NOON - 2 * HOUR).isoformat()), now=NOON)
    stands(desk, "closed", NOON, declared_by="PK", reason="security")
    assert run(NOON) == 1
    letter = mailbox.one()
    assert letter["Subject"] == "Torkham: goods trucks to Pakistan: closed by Pakistan"
    assert letter["To"] == DRIVER and letter["Content-Language"] == "en"
    body = text(letter)
    assert "Goods trucks to Pakistan: closed by Pakistan since Friday 20 Nov 2026, 16:30 Kabul / 17:00 Karachi" in body
    assert "confirmed just now by our desk." in body
    assert "Reason given: security." in body
    assert "https://borders.example.org/c/torkham/\n" in body
    assert "What sources report, not permission to cross." in body
    assert "You asked for letters when this changes:\nTorkham: goods trucks to Pakistan" in body
    assert run(NOON + MINUTE) == 0


def test_the_queue_last_counted_is_named_with_its_age_and_who_counted_or_that_none_is_known(
    mailbox: Mailbox, torkham: Crossing, desk: Source, press: Source
) -> None:
    stands(desk, "open", NOON - DAY)
    subscribed(torkham, to="AF")
    subscribed(torkham, to="PK")
    say(press, reading(observed_at=(NOON - 2 * HOUR).isoformat()), now=NOON)
    stands(desk, "closed", NOON)
    assert run(NOON) == 2
    bodies = {str(letter["Subject"]): text(letter) for letter in mailbox.taken()}
    assert "Queue: About 1,400 trucks waiting in Pakistan, 2 hours ago (Amu TV)." in bodies[
        "Torkham: goods trucks to Afghanistan: closed"]  # fmt: skip
    assert "Queue: no count in the last three days." in bodies["Torkham: goods trucks to Pakistan: closed"]


def test_lanes_that_close_together_come_in_one_letter(mailbox: Mailbox, torkham: Crossing, desk: Source) -> None:
    stands(desk, "open", NOON - DAY)
    subscribed(torkham, traffic="", to="")
    stands(desk, "closed", NOON)
    run(NOON)
    letter = mailbox.one()
    assert "All traffic, both ways: closed since" in text(letter)
    assert Notice.objects.count() == 6 and not Notice.objects.exclude(due_at=None).exists()


def test_what_is_no_longer_known_to_be_open_is_told_at_once(mailbox: Mailbox, torkham: Crossing, desk: Source) -> None:
    stands(desk, "open", NOON - DAY)
    subscribed(torkham)
    stands(desk, "unknown", NOON, declared_by="PK")
    run(NOON)
    letter = mailbox.one()
    assert letter["Subject"] == "Torkham: goods trucks to Pakistan: no longer known to be open"
    assert "No longer known to be open.\nGoods trucks to Pakistan: not known" in text(letter)


def test_an_opening_after_days_waits_and_says_reported_not_confirmed(
    mailbox: Mailbox, torkham: Crossing, desk: Source, press: Source
) -> None:
    stands(desk, "closed", NOON - 3 * DAY)
    subscribed(torkham, at=NOON - 2 * DAY)
    stands(press, "open", NOON)
    found = told(mailbox, *every(NOON, NOON + 3 * HOUR, 5 * MINUTE))
    assert found == [(NOON + 2 * HOUR, "Torkham: goods trucks to Pakistan: reported open, not confirmed")]


def test_such_an_opening_goes_out_as_soon_as_it_is_sure(
    mailbox: Mailbox, torkham: Crossing, desk: Source, press: Source
) -> None:
    stands(desk, "closed", NOON - 3 * DAY)
    subscribed(torkham, at=NOON - 2 * DAY)
    stands(press, "open", NOON)
    assert told(mailbox, *every(NOON, NOON + 40 * MINUTE)) == []
    stands(desk, "open", NOON + 41 * MINUTE)
    run(NOON + 41 * MINUTE)
    letter = mailbox.one()
    assert letter["Subject"] == "Torkham: goods trucks to Pakistan: reported open, confirmed"
    assert "Reported open, confirmed.\nGoods trucks to Pakistan: open since" in text(letter)
    assert "our desk" in text(letter)
    assert told(mailbox, NOON + 3 * HOUR) == []


def test_it_waits_for_every_gate_that_must_speak(mailbox: Mailbox, torkham: Crossing) -> None:
    ours, theirs = (make_source(f"customs-{each}", kind="authority", country=each.upper()) for each in ("af", "pk"))
    stands(ours, "closed", NOON - 3 * DAY)
    stands(theirs, "closed", NOON - 3 * DAY)
    subscribed(torkham, at=NOON - 2 * DAY)
    stands(ours, "open", NOON)
    assert told(mailbox, *every(NOON, NOON + HOUR)) == []
    stands(theirs, "open", NOON + HOUR)
    assert told(mailbox, NOON + HOUR) == [
        (NOON + HOUR, "Torkham: goods trucks to Pakistan: reported open, confirmed")]  # fmt: skip


def test_a_short_closure_s_end_settles_five_minutes(mailbox: Mailbox, torkham: Crossing, desk: Source) -> None:
    stands(desk, "open", NOON - DAY)
    subscribed(torkham)
    stands(desk, "closed", NOON)
    run(NOON)
    stands(desk, "open", NOON + HOUR)
    mailbox.taken()
    assert told(mailbox, *every(NOON + HOUR, NOON + 2 * HOUR)) == [
        (NOON + HOUR + 5 * MINUTE, "Torkham: goods trucks to Pakistan: reported open, confirmed")]  # fmt: skip


def test_an_announced_closing_is_told_and_an_announced_opening_is_not(
    mailbox: Mailbox, torkham: Crossing, desk: Source, press: Source
) -> None:
    stands(desk, "open", NOON - DAY)
    subscribed(torkham)
    later = {"basis": "announced", "effective_at": (NOON + DAY).isoformat(), "declared_by": "PK"}
    say(press, claim(**later, reported_at=NOON.isoformat(), lanes=lanes("closed")), now=NOON)
    run(NOON)
    letter = mailbox.one()
    assert letter["Subject"] == "Torkham: announced: Pakistan to close: all traffic, both ways"
    assert "Announced, which opens and closes nothing:" in text(letter) and "Said by Amu TV" in text(letter)
    stands(desk, "closed", NOON + HOUR)
    assert [subject for _, subject in told(mailbox, NOON + HOUR)] == ["Torkham: goods trucks to Pakistan: closed"]
    say(press, claim(**later, reported_at=(NOON + 2 * HOUR).isoformat(), lanes=lanes("open")), now=NOON + 2 * HOUR)
    assert told(mailbox, *every(NOON + 2 * HOUR, NOON + 5 * HOUR, HOUR)) == []


def test_confidence_alone_and_other_lanes_and_mended_history_are_not_told(
    mailbox: Mailbox, torkham: Crossing, desk: Source, press: Source
) -> None:
    stands(desk, "open", NOON - 5 * DAY)
    subscribed(torkham, traffic="people", to="AF")
    stands(
        desk, "closed", NOON, lanes=[{"traffic": "people", "to": "PK", "state": "closed"}, *lanes("closed", "cargo")]
    )
    late = {"effective_at": (NOON - 6 * DAY).isoformat(), "reported_at": (NOON - 6 * DAY).isoformat()}
    say(press, claim(**late, lanes=lanes("closed")), now=NOON)
    assert told(mailbox, *every(NOON, NOON + 3 * DAY, HOUR)) == []
    assert {"confidence.changed", "history.corrected"} <= set(Change.objects.values_list("type", flat=True))


def test_what_changed_before_the_reader_confirmed_is_not_told(
    mailbox: Mailbox, torkham: Crossing, desk: Source
) -> None:
    stands(desk, "open", NOON - DAY)
    stands(desk, "closed", NOON)
    subscribed(torkham, at=NOON)
    assert told(mailbox, NOON, NOON + DAY) == []


# The week of the design


def test_the_week_as_letters(mailbox: Mailbox, torkham: Crossing) -> None:
    subscribed(torkham, traffic="", to="PK")
    source = make_source("amu", kind="press", public_label="Amu TV")
    said = {datetime.fromisoformat(each["reported_at"]): each for each in SEED_WEEK}
    hours = every(ASKED, utc("2023-02-26 00:00"), HOUR)
    found = []
    for at in sorted({*hours, *said}):
        if at in said:
            say(source, said[at], now=at)
        found += told(mailbox, at)
    assert found == [
        (utc("2023-02-19 15:00"), "Torkham: all traffic to Pakistan: closed by Afghanistan"),
        (utc("2023-02-23 05:00"), "Torkham: all traffic to Pakistan: not known"),
        (utc("2023-02-23 10:00"), "Torkham: all traffic to Pakistan: closed by Pakistan"),
        (utc("2023-02-24 11:00"), "Torkham: people on foot to Pakistan: closed except…, not confirmed"),
        (utc("2023-02-25 05:00"),
         "Torkham: goods trucks, cars and buses to Pakistan: reported open, not confirmed"),
    ]  # fmt: skip


# Flapping


def test_a_flap_of_twenty_changes_in_an_hour_makes_few_letters_and_tells_how_often_it_changed(
    mailbox: Mailbox, torkham: Crossing, desk: Source
) -> None:
    stands(desk, "open", NOON - DAY)
    other = make_source("other-desk", kind="staff")  # of one source that changes its mind so often most is held
    subscribed(torkham)
    bodies = []
    for minute, at in enumerate(every(NOON, NOON + 2.5 * HOUR)):
        if (minute % 3 == 0 and minute < 60) or minute == 140:
            stands(*((desk, "closed") if minute % 2 == 0 else (other, "open")), at)
        run(at)
        bodies += [(minute, text(letter)) for letter in mailbox.taken()]
    assert [minute for minute, _ in bodies] == [0, 120, 140]
    assert "It changed" not in bodies[0][1] and "It changed 19 times since the last letter." in bodies[1][1]
    assert "It changed" not in bodies[2][1]


def test_what_changed_before_a_letter_on_another_lane_is_not_counted_again(
    mailbox: Mailbox, torkham: Crossing, desk: Source
) -> None:
    stands(desk, "open", NOON - DAY)
    other = make_source("other-desk", kind="staff")
    subscribed(torkham, traffic="")
    stands(desk, "closed", NOON)
    run(NOON)
    for n in (1, 2):  # it opens, and closes before that was told
        stands(other, "open", NOON + (2 * n - 1) * MINUTE, lanes=lanes("open", "cargo"))
        stands(desk, "closed", NOON + 2 * n * MINUTE, lanes=lanes("closed", "cargo"))
        run(NOON + 2 * n * MINUTE)
    stands(desk, "open", NOON + 4 * HOUR, lanes=lanes("open", "people"))
    assert len(mailbox.taken()) == 1 and len(told(mailbox, NOON + 4 * HOUR + 5 * MINUTE)) == 1
    assert not Notice.objects.exclude(changes=0).exists()
    stands(other, "open", NOON + 9 * HOUR, lanes=lanes("open", "cargo"))
    run(NOON + 10 * HOUR)
    assert "It changed" not in text(mailbox.one())


def test_who_had_no_letter_is_not_told_of_a_last_one(mailbox: Mailbox, torkham: Crossing, desk: Source) -> None:
    other = make_source("other-desk", kind="staff")
    stands(desk, "closed", NOON - HOUR)
    subscribed(torkham, at=NOON - MINUTE)
    for n, (source, state) in enumerate([(other, "open"), (desk, "closed"), (other, "open")]):
        stands(source, state, NOON + n * MINUTE)
    run(NOON + 10 * MINUTE)
    body = text(mailbox.one())
    assert "It changed 3 times since you confirmed that you want letters." in body and "last letter" not in body


@pytest.mark.parametrize("apart", [15, 8])
def test_a_closing_is_told_at_once_however_often_the_lane_turned(
    mailbox: Mailbox, torkham: Crossing, desk: Source, apart: int
) -> None:
    stands(desk, "open", NOON - DAY)
    other = make_source("other-desk", kind="staff")
    subscribed(torkham)
    late, known = [], "reported open, confirmed"
    for n in range(30):
        at = NOON + n * apart * MINUTE
        stands(*((desk, "closed") if n % 2 == 0 else (other, "open")), at)
        for now in every(at, at + (apart - 1) * MINUTE):
            found = [subject.rpartition(": ")[2] for _, subject in told(mailbox, now)]
            late += [now] if found == ["closed"] and now != at else []
            known = found[0] if found else known
        if n % 2 == 0:
            assert known == "closed"
    assert not late


def test_after_a_short_closure_a_confirmed_opening_is_told_within_ten_minutes(
    mailbox: Mailbox, torkham: Crossing, desk: Source
) -> None:
    stands(desk, "open", NOON - DAY)
    subscribed(torkham)
    stands(desk, "closed", NOON)
    run(NOON)
    mailbox.taken()
    stands(desk, "open", NOON + 12 * MINUTE)
    assert [at for at, _ in told(mailbox, *every(NOON + 12 * MINUTE, NOON + HOUR))] == [NOON + 17 * MINUTE]


# Conditions


def on(*who: str, **more: Any) -> dict[str, Any]:
    return {"conditions": [{"effect": "allow", "who": [each], **more} for each in who]}


def people(state: str, **more: Any) -> dict[str, Any]:
    return {"lanes": [{"traffic": "people", "state": state, **more}]}


def test_conditions_that_changed_are_told_at_once_as_they_are_now(
    mailbox: Mailbox, torkham: Crossing, desk: Source
) -> None:
    stands(desk, "restricted", NOON - DAY, **people("restricted", **on("nationals", "family")))
    subscribed(torkham, traffic="people")
    subscribed(torkham, address="trucks@example.org")
    patients = people("restricted", **on("patients", documents=["permit"]))
    stands(desk, "restricted", NOON, **patients)
    assert "conditions.changed" in Change.objects.values_list("type", flat=True)
    assert run(NOON) == 1
    letter = mailbox.one()
    assert str(letter["Subject"]).strip() == (
        "Torkham: people on foot to Pakistan: conditions changed: closed except… patients with a permit")  # fmt: skip
    assert "The conditions changed.\nPeople on foot to Pakistan: closed except for patients with a permit" in text(
        letter
    )
    stands(desk, "restricted", NOON + HOUR, **patients)  # said once more
    assert told(mailbox, NOON + HOUR, NOON + 2 * HOUR) == []


def test_conditions_of_one_lane_and_the_closing_of_another_come_in_one_letter(
    mailbox: Mailbox, torkham: Crossing, desk: Source
) -> None:
    stands(desk, "open", NOON - DAY)
    stands(desk, "restricted", NOON - HOUR, **people("restricted", **on("nationals")))
    subscribed(torkham, traffic="")
    both = [*people("restricted", **on("patients"))["lanes"], *lanes("closed", "cargo")]
    stands(desk, "closed", NOON, lanes=both)
    run(NOON)
    body = text(mailbox.one())
    assert "Goods trucks to Pakistan: closed since" in body and "Unchanged: cars and buses to Pakistan: open" in body
    assert "The conditions changed.\nPeople on foot to Pakistan: closed except for patients" in body


def test_a_redaction_of_conditions_is_no_news(mailbox: Mailbox, torkham: Crossing, desk: Source) -> None:
    said = {"conditions": [{"text": "only xyzzyplugh"}]}
    stands(desk, "restricted", NOON - DAY, **people("restricted", **said))
    subscribed(torkham, traffic="people")
    redact(Report.objects.latest("pk"), ["conditions"], reason="a name", now=NOON, by=None)
    assert told(mailbox, NOON, NOON + HOUR) == []


def test_conditions_that_are_again_what_was_told_are_no_news(mailbox: Mailbox, torkham: Crossing, desk: Source) -> None:
    stands(desk, "restricted", NOON - DAY, **people("restricted", **on("nationals")))
    subscribed(torkham, traffic="people")
    stands(desk, "restricted", NOON, **people("restricted", **on("patients")))
    stands(desk, "restricted", NOON + MINUTE, **people("restricted", **on("nationals")))
    assert told(mailbox, NOON + MINUTE, NOON + HOUR) == []


def test_who_holds_a_closed_lane_is_no_news_and_who_restricts_one_is(
    mailbox: Mailbox, torkham: Crossing, desk: Source
) -> None:
    stands(desk, "restricted", NOON - DAY, **people("restricted", **on("patients")), declared_by="PK")
    stands(desk, "closed", NOON - DAY, lanes=lanes("closed", "cargo"), declared_by="PK")
    subscribed(torkham, traffic="")
    stands(desk, "closed", NOON, lanes=lanes("closed", "cargo"), declared_by="AF")
    assert told(mailbox, NOON) == []
    stands(desk, "restricted", NOON + HOUR, **people("restricted", **on("patients")), declared_by="AF")
    assert len(told(mailbox, NOON + HOUR)) == 1


# The other lanes


def test_a_letter_says_how_the_other_lanes_stand_that_were_asked_for(
    mailbox: Mailbox, torkham: Crossing, desk: Source
) -> None:
    stands(desk, "open", NOON - 2 * DAY)
    stands(desk, "closed", NOON - DAY, lanes=lanes("closed", "cargo"), declared_by="PK")
    subscribed(torkham, traffic="", to="")
    subscribed(torkham, traffic="people", to="PK")
    stands(desk, "closed", NOON, lanes=[*lanes("closed", "people"), *lanes("closed", "vehicles")])
    assert run(NOON) == 2
    every_lane, one = sorted(map(text, mailbox.taken()), key=len, reverse=True)
    assert "\nUnchanged: goods trucks, both ways: closed by Pakistan since Thursday 19 Nov 2026" in every_lane
    assert every_lane.index("Cars and buses, people on foot, both ways: closed") < every_lane.index("Unchanged:")
    assert "Unchanged" not in one


def test_a_lane_that_changed_and_is_told_of_later_is_not_called_unchanged_nor_open_where_it_is_not_sure(
    mailbox: Mailbox, torkham: Crossing, desk: Source, press: Source
) -> None:
    stands(desk, "open", NOON - 5 * DAY)
    stands(desk, "closed", NOON - 4 * DAY, lanes=lanes("closed", "cargo"))
    subscribed(torkham, traffic="", at=NOON - DAY)
    stands(press, "open", NOON, lanes=lanes("open", "cargo"))
    stands(desk, "closed", NOON + MINUTE, lanes=lanes("closed", "people"))
    run(NOON + MINUTE)
    body = text(mailbox.one())
    assert "Not settled yet: goods trucks to Pakistan: last reported open" in body
    assert "Unchanged: cars and buses to Pakistan: last reported open" in body


def test_the_letter_to_confirm_by_says_how_it_stands_now(mailbox: Mailbox, torkham: Crossing, desk: Source) -> None:
    stands(desk, "open", NOON - 30 * DAY)
    stands(desk, "closed", NOON - HOUR, lanes=lanes("closed", "cargo"))
    alerts.ask(DRIVER, torkham, "", "PK", "en", NOON)
    run(NOON)
    body = text(mailbox.one())
    assert (
        "goods trucks to Pakistan: closed; cars and buses, people on foot to Pakistan: last reported open, 30 days ago."
        in body
    )
    assert "\nNow (Friday 20 Nov 2026, 16:30 Kabul / 17:00 Karachi): " in body


def test_what_is_ordered_is_not_called_announced(mailbox: Mailbox, torkham: Crossing, desk: Source) -> None:
    stands(desk, "open", NOON - DAY)
    subscribed(torkham)
    later = {"basis": "ordered", "effective_at": (NOON + DAY).isoformat(), "declared_by": "PK"}
    say(desk, claim(**later, reported_at=NOON.isoformat(), lanes=lanes("closed")), now=NOON)
    run(NOON)
    letter = mailbox.one()
    assert str(letter["Subject"]).startswith("Torkham: ordered: Closed from Saturday 21 Nov 2026")
    assert "nnounced" not in text(letter) + str(letter["Subject"]) and "Unchanged: goods trucks" in text(letter)


def test_every_closing_after_an_opening_was_told_arrives(mailbox: Mailbox, torkham: Crossing, desk: Source) -> None:
    stands(desk, "open", NOON - DAY)
    subscribed(torkham)
    for n in range(6):
        at = NOON + n * 5 * HOUR
        stands(desk, "closed", at)
        assert [subject for _, subject in told(mailbox, at)] == ["Torkham: goods trucks to Pakistan: closed"], n
        stands(desk, "open", at + HOUR)
        openings = told(mailbox, *every(at + HOUR, at + 4 * HOUR, 5 * MINUTE))
        assert [subject[-23:] for _, subject in openings] == ["reported open, confirmed"[-23:]], n


# The letters


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_are_in_the_reader_s_language_and_never_tell_anybody_to_set_out(
    mailbox: Mailbox, torkham: Crossing, desk: Source, press: Source, language: str
) -> None:
    stands(desk, "open", NOON - DAY)
    row = subscribed(torkham, traffic="", to="", language=language)
    say(press, reading(observed_at=(NOON - HOUR).isoformat()), now=NOON)
    stands(desk, "closed", NOON, declared_by="PK", reason="security")
    run(NOON)
    stands(press, "open", NOON + 30 * HOUR)
    run(NOON + 32 * HOUR)
    letters = mailbox.taken()
    assert len(letters) == 2
    prefix = "" if language == "en" else f"/{language}"
    for letter in letters:
        body, subject = text(letter), str(letter["Subject"])
        assert letter["Content-Language"] == language
        assert not FORBIDDEN.search(body + subject)
        assert f"\nhttps://borders.example.org{prefix}/c/torkham/\n" in body
        assert f"\nhttps://borders.example.org{prefix}/subscription/{row.token}/\n" in body
        assert (
            str(letter["List-Unsubscribe"]).strip()
            == f"<https://borders.example.org{prefix}/subscription/{row.token}/leave/>"
        )
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert letter["Auto-Submitted"] == "auto-generated"
        assert len(subject) <= 151
        if language != "en":
            assert subject.strip().startswith("\u200f")
            lines = [line for line in body.splitlines() if line and not line.startswith("https://")]
            assert all(line.startswith("\u200f") for line in lines)
            bare = body.replace("our desk", "").replace("Amu TV", "")
            assert re.findall(r"\b[A-Za-z’]+(?: [A-Za-z’]+){2,}", bare) == []
        else:
            assert "\u2068" not in body and "\u200f" not in body


def test_what_was_redacted_is_in_no_letter_made_later(
    mailbox: Mailbox, torkham: Crossing, desk: Source, press: Source
) -> None:
    stands(desk, "open", NOON - DAY)
    subscribed(torkham, traffic="people")
    people = {"traffic": "people", "state": "restricted", "conditions": [{"text": "only xyzzyplugh"}]}
    stands(desk, "restricted", NOON, lanes=[people], note="say xyzzyplugh")
    report = Report.objects.latest("pk")
    redact(report, ["note", "conditions"], reason="a name", now=NOON, by=None)
    run(NOON)
    letter = mailbox.one()
    assert "xyzzy" not in text(letter) + str(letter["Subject"]) and "[removed]" in text(letter)


def test_a_hostile_name_breaks_no_header(mailbox: Mailbox, desk: Source) -> None:
    bad = make_crossing(name="Torkham\r\nBcc: all@example.org", names={"ps": "x\ny\u202e"})
    stands(desk, "open", NOON - DAY)
    subscribed(bad)
    subscribed(bad, language="ps", address="two@example.org")
    stands(desk, "closed", NOON)
    assert run(NOON) == 2
    for letter in mailbox.taken():
        assert letter["Bcc"] is None and "\n" not in str(letter["Subject"]) and "\u202e" not in str(letter["Subject"])
