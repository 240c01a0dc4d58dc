"""What a crossing's page tells of the past and of what is to come: disagreement, corrections, orders, promises."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from crossings.evidence.recent import claims, counts_by_day, promises
from crossings.ledger import retract
from crossings.models import Reading, Report
from tests.factories import lanes, make_crossing, make_source, say
from tests.reader import HOUR, ago, reader, week, words_of

__all__ = ["reader", "week"]
pytestmark = pytest.mark.django_db

DAY = 24


def shut(hours: float, **fields: Any) -> dict[str, Any]:
    given = {"crossing": "torkham", "declared_by": "PK", "effective_at": ago(hours), "reported_at": ago(hours - 1),
             "lanes": lanes("closed")}  # fmt: skip
    return {**given, **fields}


def ahead(hours: float) -> str:
    return (timezone.now() + hours * HOUR).strftime("%Y-%m-%d")


# Claims that disagree, and corrections


def test_in_the_history_claims_that_disagree_stand_side_by_side(reader):
    make_crossing()
    say(make_source("dawn", public_label="Dawn"), shut(50), now=timezone.now() - 49 * HOUR)
    say(make_source("tnn", public_label="TNN"), shut(51, reported_at=ago(40), lanes=lanes("open", "cargo")),
        now=timezone.now() - 40 * HOUR)  # fmt: skip
    html = reader.get("/c/torkham/history/").content.decode()
    assert html.count('class="versus"') == 1
    beside = html.split('class="versus"')[1].split("</li>\n<li><p><span")[0]
    assert "All traffic, both ways: closed by Pakistan Said by Dawn" in words_of(beside)
    assert "Goods trucks, both ways: reported open Otherwise TNN, " in words_of(beside)
    assert "#m-open" not in beside, "what the page does not go by has no mark of open"


def test_what_agrees_or_speaks_of_another_time_is_no_disagreement(reader):
    make_crossing()
    dawn, tnn = make_source("dawn"), make_source("tnn")
    say(dawn, shut(50), now=timezone.now())
    say(tnn, shut(48), now=timezone.now())  # the same
    say(tnn, shut(300, id="old", lanes=lanes("open"), reported_at=ago(20)), now=timezone.now())  # told of the past
    assert 'class="versus"' not in reader.get("/c/torkham/history/").content.decode()


def test_a_claim_taken_back_is_shown_as_a_correction_with_what_its_source_said_instead(reader):
    make_crossing()
    dawn = make_source("dawn", public_label="Dawn")
    say(dawn, shut(60), shut(50, id="wrong", lanes=lanes("open", "cargo")), now=timezone.now() - 48 * HOUR)
    retract(Report.objects.get(external_id="wrong"), reason="a slip", now=timezone.now() - 40 * HOUR, source=dawn)
    page = reader.read("/c/torkham/")
    assert re.search(r"Taken back .*? Goods trucks, both ways: reported open Dawn", page)
    assert "a slip" not in page
    say(dawn, shut(50, id="right", lanes=lanes("restricted", "cargo")), now=timezone.now() - 39 * HOUR)
    page = reader.read("/c/torkham/")
    assert re.search(
        r"Corrected .*? Goods trucks, both ways: reported open "
        r"Goods trucks, both ways: passable on conditions not known to us, set by Pakistan Dawn",
        page,
    )


def test_as_it_was_known_before_it_was_taken_back_nothing_is_corrected(reader):
    make_crossing()
    dawn = make_source("dawn", public_label="Dawn")
    say(dawn, shut(60), shut(50, id="wrong", lanes=lanes("open", "cargo")), now=timezone.now() - 48 * HOUR)
    retract(Report.objects.get(external_id="wrong"), reason="a slip", now=timezone.now() - 40 * HOUR, source=dawn)
    page = reader.read("/c/torkham/", as_known_at=ago(45))
    assert "Taken back" not in page and "reported open" in page


def test_what_was_learned_late_says_so_and_what_was_filled_in_from_old_papers_does_not(reader):
    make_crossing()
    say(make_source("dawn"), shut(80), now=timezone.now() - 10 * HOUR)
    assert "We learned of it only on" in reader.read("/c/torkham/")
    make_crossing("kharlachi")
    say(make_source("amu"), shut(80, crossing="kharlachi"), now=timezone.now(), backfilled=True)
    assert "We learned of it" not in reader.read("/c/kharlachi/")


# What is to come


def test_an_order_to_close_stands_in_the_answer_and_is_no_mere_announcement(reader):
    make_crossing()
    customs = make_source("customs", kind="authority", country="PK", public_label="Pakistan Customs")
    say(customs, shut(20, basis="ordered", effective_at=ahead(72), precision="day", lanes=lanes("closed", "cargo")),
        now=timezone.now())  # fmt: skip
    html = reader.get("/c/torkham/").content.decode()
    answer = words_of(html.split('class="answers"')[1].split("</section>")[0])
    assert re.search(r"Ordered: Closed from \w+day .*? by Pakistan", answer)
    assert "Announced, which opens" not in answer and "Outcome" not in words_of(html)


def test_an_order_of_other_lanes_stands_below_the_answer(reader):
    make_crossing()
    say(make_source("customs", kind="authority", country="PK"), shut(20, basis="ordered", effective_at=ahead(72),
        precision="day", lanes=lanes("closed", "people")), now=timezone.now())  # fmt: skip
    assert re.search(
        r"Ordered: Closed from .*? by Pakistan: people on foot, both ways said by", reader.read("/c/torkham/")
    )


def test_an_announced_opening_stands_by_the_answer_with_how_earlier_ones_ended(reader):
    make_crossing()
    dawn = make_source("dawn", public_label="Dawn")
    say(dawn, shut(40 * DAY), now=timezone.now() - 40 * DAY * HOUR)
    for day in (30, 20):
        say(dawn, shut((day + 1) * DAY, id=f"a{day}", basis="announced", effective_at=ago(day * DAY),
            lanes=lanes("open")), now=timezone.now() - day * DAY * HOUR)  # fmt: skip
    say(dawn, shut(3, id="now", basis="announced", effective_at=ahead(48), precision="day", lanes=lanes("open")),
        now=timezone.now())  # fmt: skip
    page = reader.read("/c/torkham/")
    assert "Announced, which opens and closes nothing: Pakistan to open: all traffic, both ways" in page
    assert "(still to come). Last 2 announced openings: 0 kept. More on it" in page


def test_how_a_promise_ended_is_seen_however_long_ago_it_was(reader):
    place = make_crossing()
    dawn = make_source("dawn")
    for days, kept in ((900, True), (500, False)):
        then = timezone.now() - timedelta(days=days)
        say(dawn, shut(days * DAY, id=f"s{days}"), now=then)
        say(dawn, shut(days * DAY - 10, id=f"a{days}", basis="announced", effective_at=ago(days * DAY - 30),
            lanes=lanes("open")), now=then + 9 * HOUR)  # fmt: skip
        if kept:
            say(dawn, shut(days * DAY - 29, id=f"o{days}", lanes=lanes("open")), now=then + 30 * HOUR)
    found = promises(place.pk, timezone.now())
    assert [each.outcome for each in found] == ["kept", "lapsed"]
    assert "Last 2 announced openings: 1 kept." in reader.read("/c/torkham/")
    assert [each.outcome for each in promises(place.pk, timezone.now() - timedelta(days=899, hours=12))] == [None]


# Counts


def test_a_chart_and_a_table_tell_the_counts_of_the_last_thirty_days(reader):
    place = make_crossing()
    dawn = make_source("dawn", public_label="Dawn")
    for day, n in ((40, 9), (6, 1400), (3, 6000)):
        say(dawn, {"id": f"q{day}", "crossing": "torkham", "side": "PK", "traffic": "cargo", "measure": "waiting",
            "unit": "trucks", "high": n, "observed_at": ago(day * DAY)}, now=timezone.now())  # fmt: skip
    page = reader.read("/c/torkham/")
    assert "Trucks waiting in Pakistan, the last 30 days: 1,400 to 6,000, counted on 2 days." in page
    assert "Up to 1,400 Dawn" in page
    retract(Reading.objects.get(external_id="q6"), reason="x", now=timezone.now(), source=dawn)
    assert "counted on" not in reader.read("/c/torkham/"), "one day makes no chart"
    known = timezone.now() - timedelta(days=1)
    args = (place.pk, "Asia/Kabul", timezone.now() - timedelta(days=30), timezone.now())
    assert counts_by_day(*args, known, "cargo", "waiting") == [], "nothing was known of it a day ago"


def test_the_last_days_are_drawn_and_told_in_a_table(reader):
    make_crossing()
    say(make_source("dawn"), shut(50), now=timezone.now())
    page = reader.read("/c/torkham/")
    assert re.search(
        r"Goods trucks both ways, the last 90 days: closed on all or part of [34] days and not known", page
    )
    assert "How each day stood, the newest first" in page


# Days


def test_of_claims_known_to_the_day_no_hour_is_told(reader):
    make_crossing()
    noon = {"effective_at": "2023-02-22T07:30:00Z", "precision": "day", "reported_at": "2023-02-23T07:30:00Z"}
    say(make_source("dawn", public_label="Dawn"), shut(0, **noon), now=timezone.now(), backfilled=True)
    page = reader.read("/c/torkham/", at="2023-02-23T16:00")
    assert "closed by Pakistan since Wednesday 22 Feb 2023; one source only, the same day (Dawn)." in page
    assert "12:00 Kabul" not in page and "hours earlier" not in page
    later = reader.read("/c/torkham/", at="2023-02-24T10:00")
    assert "one source only, on 23 Feb (Dawn)." in later


# What is read


def test_claims_meant_for_staff_are_never_read(reader):
    place = make_crossing()
    say(make_source("dawn"), shut(5), shut(4, id="hush", visibility="staff"), now=timezone.now())
    everything = Report.objects.values_list("pk", flat=True)
    now = timezone.now()
    found = claims(place.pk, everything, now - 99 * HOUR, now, now)
    assert len(found) == 1 and len(everything) == 2
