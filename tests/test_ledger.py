"""The ledger through its own doors, on a real PostgreSQL."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest

from crossings import ledger
from crossings.domain.claims import claim_from_json
from crossings.domain.readings import reading_from_json
from crossings.ledger import Outcome
from crossings.models import Change, Checkpoint, Current, Feed, Period, Report
from tests.factories import SEED_WEEK, make_crossing, make_source, say

pytestmark = pytest.mark.django_db
SEEDS = range(int(os.environ.get("STREAM_SEEDS", "8")))
LATER = datetime(2023, 5, 25, tzinfo=UTC)
SAID = "2023-02-25T09:00:00Z"
SIX = ["closed", "unknown", "closed", "restricted", "restricted", "unknown"]


def record(crossing, source, *data, now=LATER, **how):
    border = crossing.border()
    claims = [claim_from_json(each, border, speaks_for=source.speaks_for) for each in data]
    return ledger.record_many(source, claims, now=now, **how)


def stored(crossing):
    rows = Period.objects.filter(crossing=crossing).order_by("start")
    return [(row.start, row.end, row.state, row.start_precision, row.lanes) for row in rows]


@pytest.mark.fuzz
def test_the_seed_week_reads_the_same_in_all_120_orders():
    source = make_source(kind="press", trusted=True)
    seen = set()
    for number, order in enumerate(permutations(SEED_WEEK)):
        crossing = make_crossing(slug=f"torkham-{number}", codes=[])
        for index, claim in enumerate(order):
            record(
                crossing, source, {**claim, "id": f"{number}-{index}", "crossing": crossing.slug, "reported_at": SAID}
            )
        assert [state for _, _, state, _, _ in stored(crossing)] == SIX
        seen.add(repr(stored(crossing)))
    assert len(seen) == 1


@pytest.mark.fuzz
def test_random_streams_in_random_batches_agree_with_a_rebuild():
    for seed in SEEDS:
        rng = random.Random(seed)
        crossing = make_crossing(slug=f"border-{seed}", codes=[], forget_after=timedelta(days=rng.choice([2, 10, 60])))
        sources = [make_source(slug=f"s{seed}-{n}", kind=k, trusted=True) for n, k in enumerate(["press", "staff"])]
        sources.append(make_source(slug=f"a{seed}", kind="authority", country="PK", trusted=True))
        start = datetime(2024, 1, 1, tzinfo=UTC)
        claims = [(rng.choice(sources), random_claim(rng, start, f"{seed}-{n}")) for n in range(150)]
        rng.shuffle(claims)
        while claims:
            size = rng.choice([1, 3, 20])
            batch, claims = claims[:size], claims[size:]
            source = batch[0][0]
            record(crossing, source, *[claim for _, claim in batch], now=start + timedelta(days=60))
            act(rng, crossing, start)
        assert ledger.rebuild(crossing.slug, check=True, now=start + timedelta(days=60)) == []


def act(rng, crossing, start):
    reports = list(Report.objects.filter(crossing=crossing))
    if not reports:
        return
    now, one = start + timedelta(days=60), rng.choice(reports)
    if rng.random() < 0.3:
        ledger.retract(one, reason="a mistake", now=now)
    if rng.random() < 0.4 and one.effective_at:
        at = one.effective_at + timedelta(hours=rng.randrange(1, 200))
        ledger.confirm([one], source=one.source, at=at, now=now)


def random_claim(rng, start, key):
    at = start + timedelta(hours=rng.randrange(0, 24 * 40))
    lane = {"traffic": rng.choice(["people", "cargo", "all"]), "state": rng.choice(["open", "closed", "restricted"])}
    if rng.random() < 0.3:
        lane["to"] = rng.choice(["AF", "PK"])
    if lane["state"] == "restricted" and rng.random() < 0.5:
        lane["conditions"] = [{"who": [rng.choice(["patients", "nationals"])]}]
    claim = {"id": key, "effective_at": at.isoformat(), "lanes": [lane], "reported_at": at.isoformat()}
    claim["precision"] = rng.choice(["exact", "exact", "day"])
    if rng.random() < 0.6:
        claim["declared_by"] = rng.choice(["AF", "PK"])
        claim["one_gate"] = rng.random() < 0.3
    if rng.random() < 0.25:
        claim["until"] = (at + timedelta(hours=rng.randrange(13, 100))).isoformat()
    if rng.random() < 0.1:
        claim["where"] = "road"
    return claim


def test_late_news_mends_the_past_and_names_the_range():
    crossing, source = make_crossing(), make_source(trusted=True)
    record(
        crossing,
        source,
        {"id": "a", "effective_at": "2023-02-01T00:00:00Z", "lanes": [{"traffic": "all", "state": "open"}]},
    )
    record(
        crossing,
        source,
        {"id": "b", "effective_at": "2023-03-01T00:00:00Z", "lanes": [{"traffic": "all", "state": "closed"}]},
    )
    before = Feed.objects.get().position
    record(
        crossing,
        source,
        {"id": "c", "effective_at": "2023-02-10T00:00:00Z", "lanes": [{"traffic": "all", "state": "closed"}]},
    )
    changes = Change.objects.filter(position__gt=before)
    assert [change.type for change in changes] == ["history.corrected"]
    assert changes[0].body["range"] == {"from": "2023-02-10T00:00:00Z", "to": None}


def test_a_confirmation_alone_moves_the_version_and_not_the_position():
    crossing, source = make_crossing(), make_source(trusted=True, kind="staff")
    now = datetime(2024, 1, 1, 12, tzinfo=UTC)
    record(
        crossing,
        source,
        {"id": "a", "effective_at": "2024-01-01T10:00:00Z", "lanes": [{"traffic": "all", "state": "open"}]},
        now=now,
    )
    before = Current.objects.get(crossing=crossing)
    ledger.confirm(list(Report.objects.all()), source=source, at=now + timedelta(hours=1), now=now + timedelta(hours=1))
    after = Current.objects.get(crossing=crossing)
    assert (after.version, after.position) == (before.version + 1, before.position)
    assert after.status["confirmed_at"] == "2024-01-01T13:00:00Z"


def test_the_same_again_is_no_report_and_other_content_under_one_id_is_a_conflict():
    crossing, source = make_crossing(), make_source(trusted=True)
    claim = {"id": "a", "effective_at": "2024-01-01T10:00:00Z", "lanes": [{"traffic": "all", "state": "open"}]}
    other = {**claim, "lanes": [{"traffic": "all", "state": "closed"}]}
    outcomes = [
        record(crossing, source, each, now=LATER + timedelta(days=400))[0].outcome for each in (claim, claim, other)
    ]
    assert outcomes == [Outcome.RECORDED, Outcome.SAME, Outcome.CONFLICT]
    assert Report.objects.count() == 1


def test_time_alone_moves_a_crossing_through_settle():
    crossing, source = make_crossing(), make_source(trusted=True, kind="staff")
    now = datetime(2024, 1, 1, 12, tzinfo=UTC)
    claim = {
        "id": "a",
        "effective_at": "2024-01-01T10:00:00Z",
        "lanes": [{"traffic": "all", "state": "closed"}],
        "until": "2024-01-02T10:00:00Z",
    }
    record(crossing, source, claim, now=now)
    assert Current.objects.get().settle_at == datetime(2024, 1, 2, 10, tzinfo=UTC)
    assert ledger.settle(now + timedelta(hours=23)) == 1
    assert Current.objects.get().state == "unknown"
    assert Change.objects.latest("position").type == "lanes.changed"
    assert ledger.rebuild(check=True, now=now + timedelta(hours=23)) == []


def test_checkpoints_keep_late_news_cheap(django_assert_max_num_queries):
    crossing, source = make_crossing(), make_source(trusted=True)
    start = datetime(2024, 1, 1, tzinfo=UTC)
    claims = [
        {
            "id": str(n),
            "effective_at": (start + timedelta(hours=n)).isoformat(),
            "lanes": [{"traffic": "all", "state": ["open", "closed"][n % 2]}],
        }
        for n in range(400)
    ]
    record(crossing, source, *claims, now=start + timedelta(days=30))
    assert Checkpoint.objects.count() > 20
    late = {
        "id": "late",
        "effective_at": (start + timedelta(hours=200, minutes=30)).isoformat(),
        "lanes": [{"traffic": "cargo", "state": "restricted"}],
    }
    with django_assert_max_num_queries(40):
        record(crossing, source, late, now=start + timedelta(days=30))
    assert ledger.rebuild(check=True, now=start + timedelta(days=30)) == []


def test_a_closure_seen_today_holds_at_once_though_noon_is_still_to_come():
    crossing, source = make_crossing(), make_source()
    morning = datetime(2024, 1, 1, 4, tzinfo=UTC)  # 08:30 in Kabul
    claim = {
        "id": "a",
        "effective_at": "2024-01-01",
        "precision": "day",
        "lanes": [{"traffic": "all", "state": "closed"}],
    }
    assert record(crossing, source, claim, now=morning)[0].outcome is Outcome.RECORDED
    assert Current.objects.get().state == "closed"
    assert record(crossing, source, claim, now=morning + timedelta(hours=9))[0].outcome is Outcome.SAME


def test_what_our_staff_confirm_rests_on_two():
    crossing, press, desk = make_crossing(), make_source("press", kind="press"), make_source("desk", kind="staff")
    now = datetime(2024, 1, 1, 12, tzinfo=UTC)
    claim = {"id": "a", "effective_at": "2024-01-01T10:00:00Z", "lanes": [{"traffic": "all", "state": "open"}]}
    record(crossing, press, claim, now=now)
    assert {lane["confidence"] for lane in Current.objects.get().status["lanes"]} == {"single"}
    ledger.confirm(list(Report.objects.all()), source=desk, at=now, now=now)
    assert {lane["confidence"] for lane in Current.objects.get().status["lanes"]} == {"current"}


def test_more_words_of_one_instant_than_a_page_holds_hide_nothing_said_later():
    crossing, source = make_crossing(), make_source()
    now = datetime(2024, 1, 2, tzinfo=UTC)
    at_noon = {"effective_at": "2024-01-01T12:00:00Z", "lanes": [{"traffic": "cargo", "state": "open"}]}
    record(crossing, source, *({**at_noon, "id": str(n)} for n in range(60)), now=now)
    later = {"id": "z", "effective_at": "2024-01-01T15:00:00Z", "lanes": [{"traffic": "all", "state": "closed"}]}
    record(crossing, source, later, now=now)
    assert Current.objects.get().state == "closed"


def test_what_fell_due_before_the_clock_came_by_is_written_by_whoever_comes_first():
    crossing, source = make_crossing(), make_source()
    now = datetime(2024, 1, 1, tzinfo=UTC)
    ends = {"id": "a", "effective_at": now.isoformat(), "until": "2024-01-02T00:00:00Z"}
    record(crossing, source, {**ends, "lanes": [{"traffic": "all", "state": "closed"}]}, now=now)
    count = {"id": "r", "measure": "waiting", "unit": "trucks", "low": 1, "observed_at": "2024-01-02T00:00:01Z"}
    reading = reading_from_json(count, crossing.border())
    ledger.record_many(source, [reading], now=now + timedelta(days=1, seconds=2))
    assert [state for _, _, state, _, _ in stored(crossing)] == ["closed", "unknown"]


def test_a_redaction_takes_words_away_and_no_states():
    crossing, source = make_crossing(), make_source()
    now = datetime(2024, 1, 2, tzinfo=UTC)
    claim = {"id": "a", "effective_at": "2024-01-01T12:00:00Z", "note": "closed"}
    record(crossing, source, {**claim, "lanes": [{"traffic": "all", "state": "closed"}]}, now=now)
    ledger.redact(Report.objects.get(), ["note"], reason="a name", now=now, by=None)
    body = Change.objects.earliest("position").body
    assert (body["lanes"][0]["after"], body["status"]["state"], body["status"]["note"]) == ("closed", "closed", "")


def test_after_a_crossing_was_edited_its_whole_history_follows():
    crossing, source = make_crossing(), make_source()
    start = datetime(2024, 1, 1, tzinfo=UTC)
    times = [start + timedelta(hours=n) for n in range(40)] + [start + timedelta(days=32)]
    claims = [
        {
            "id": str(n),
            "effective_at": at.isoformat(),
            "reported_at": at.isoformat(),
            "lanes": [{"traffic": "all", "state": "closed"}],
        }
        for n, at in enumerate(times)
    ]
    record(crossing, source, *claims, now=start + timedelta(days=33))
    crossing.forget_after = timedelta(days=10)
    crossing.save()
    ledger.touch_crossing(crossing, now=start + timedelta(days=33))
    assert [state for _, _, state, _, _ in stored(crossing)] == ["closed", "unknown", "closed"]


def test_a_lane_is_told_of_whatever_befell_the_others_at_the_same_time():
    make_crossing()
    source = make_source(trusted=True)
    now = datetime(2024, 1, 1, 12, tzinfo=UTC)
    citizens = {"who": ["nationals"], "country": "PK"}
    patients = {"who": ["patients"], "documents": ["permit"]}

    def lanes(cargo, condition):
        people = {"traffic": "people", "state": "restricted", "conditions": [condition]}
        return [{"traffic": "cargo", "state": cargo}, people]

    for number, told in enumerate((lanes("restricted", citizens), lanes("closed", patients))):
        at = now + timedelta(hours=number)
        say(source, {"id": str(number), "crossing": "torkham", "effective_at": at.isoformat(), "lanes": told}, now=at)
    last = {change.type: change.body["lanes"] for change in Change.objects.filter(recorded_at__gt=now)}
    assert {lane["traffic"] for lane in last["lanes.changed"]} == {"cargo"}
    assert {lane["traffic"] for lane in last["conditions.changed"]} == {"people"}
    assert last["conditions.changed"][0]["after"]["conditions"][0]["who"] == ["patients"]
