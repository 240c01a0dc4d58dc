"""From what is due to letters. A worker killed while it sends costs at most one letter sent twice, and none."""

from __future__ import annotations

import logging
import smtplib
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q

from crossings.alerts.follow import PLANNED, follow, plan, planned, terms, told
from crossings.alerts.letters import Item, Letter, News, link_letter, news_letter
from crossings.board import sheet
from crossings.domain.alerting import sure
from crossings.domain.vocabulary import State
from crossings.models import Notice, Subscription
from crossings.serializers import Json

log = logging.getLogger(__name__)

AT_ONCE = 25
"""Letters that one worker takes at a time."""
LEASE = timedelta(minutes=5)
WORKS_S = 40.0
FAILURES = 10
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=12)
OUTAGE_PAUSE = timedelta(seconds=30)
SENT = ["told", "told_terms", "state", "terms", "letters", "turned_at", "shut_since", "announced", *PLANNED]


class Outage(Exception):
    """The mail server cannot be used: no address's own fault."""


class Turned(Exception):
    """This letter was turned down."""


@dataclass(frozen=True, slots=True)
class Told:
    """A notice that was due, its lane as it stands, and what of it a letter tells."""

    row: Notice
    lane: Json | None
    tells: bool
    announced: tuple[int, ...] = ()


def run(now: datetime) -> int:
    """Note what changed, hasten what became sure, and send what is due; how many letters went out."""
    try:
        follow()
        hasten(now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # what is due already is sent all the same
        log.exception("What changed cannot be noted for subscribers")
    return send(now)


def hasten(now: datetime) -> None:
    """What waits for certainty is due once its lane is confirmed as it stands."""
    waiting = Notice.objects.filter(sure_from__lte=now, due_at__gt=now)
    slugs = waiting.values_list("subscription__crossing__slug", flat=True).distinct()
    for slug in list(slugs):
        for lane in sheet(slug, now).json()["status"]["lanes"]:
            if sure(lane):
                alike = waiting.filter(subscription__crossing__slug=slug, traffic=lane["traffic"], to=lane["to"])
                alike.filter(state=lane["state"]).update(due_at=now)


def send(now: datetime, limit: int = 1000) -> int:
    """The letters that are due, for as long as a task may work; how many went out."""
    ends, count, post = time.monotonic() + WORKS_S, 0, Post()
    try:
        while count < limit and time.monotonic() < ends and (taken := _take(now)):
            for n, each in enumerate(taken):
                try:
                    count += _tell(each, post, now)
                except (OperationalError, InterfaceError):
                    raise
                except Outage as outage:
                    _rest([each], now + OUTAGE_PAUSE)
                    _rest(taken[n + 1 :], None)
                    log.warning("Letters cannot be sent now: %s", outage)
                    return count
                except Exception:  # our own fault: others still get theirs, and nobody is dropped for it
                    log.exception("No letter can be made for %s", each)
                    _rest([each], now + LEASE)
    finally:
        post.close()
    return count


@transaction.atomic
def _take(now: datetime) -> list[Subscription]:
    """Some subscriptions for which a letter is due, tightenings first, under a lease."""
    rested = Q(rests_until=None) | Q(rests_until__lte=now)
    notices = Notice.objects.filter(
        Q(subscription__rests_until=None) | Q(subscription__rests_until__lte=now),
        due_at__lte=now,
        subscription__confirmed_at__isnull=False,
    )
    first = notices.order_by("-urgent", "due_at").values_list("subscription", flat=True)[: 4 * AT_ONCE]
    wanted = list(dict.fromkeys(first))[:AT_ONCE]
    links = Subscription.objects.filter(rested, letter_due_at__lte=now).order_by("letter_due_at")
    wanted += links.values_list("pk", flat=True)[: AT_ONCE - len(wanted)]
    rows = Subscription.objects.filter(rested, pk__in=wanted).select_related("crossing")
    found = {row.pk: row for row in rows.select_for_update(skip_locked=True, of=("self",))}
    _rest(found.values(), now + LEASE)
    return [found[pk] for pk in dict.fromkeys(wanted) if pk in found]


def _rest(rows: Iterable[Subscription], until: datetime | None) -> None:
    Subscription.objects.filter(pk__in=[row.pk for row in rows]).update(rests_until=until)


def _tell(row: Subscription, post: Post, now: datetime) -> int:
    """What is due to one subscriber; how many letters that were. Raises Outage."""
    count = 0
    try:
        if row.letter_due_at is not None and row.letter_due_at <= now:
            post.send(row, link_letter(row, sheet(row.crossing.slug, now).json(), now))
            count += 1
            asked = Subscription.objects.filter(pk=row.pk, letter_due_at=row.letter_due_at)
            asked.update(letter_due_at=None, failures=0)
        if row.confirmed_at is not None:
            count += _tell_news(row, post, now)
    except Turned as turned:
        _failed(row, now, turned)
        return count
    _rest([row], None)
    return count


def _tell_news(row: Subscription, post: Post, now: datetime) -> int:
    notices = list(row.notices.order_by("pk"))
    due = [each for each in notices if each.due_at and each.due_at <= now]
    if not due:
        return 0
    found = sheet(row.crossing.slug, now).json()
    lanes = {(lane["traffic"], lane["to"]): lane for lane in found["status"]["lanes"]}
    promised = {each["report"] for each in found["status"]["announced"] if each["outcome"] is None}
    telling = [_told_of(notice, lanes.get((notice.traffic, notice.to)), promised, now) for notice in due]
    items = [Item(each.lane, State(each.row.told), each.row.changes) for each in telling if each.lane and each.tells]
    reports = sorted({report for each in telling for report in each.announced})
    unsettled = {(each.traffic, each.to) for each in notices if _unsettled(each, lanes.get((each.traffic, each.to)))}
    news = News(row.crossing, found, items, reports, frozenset(unsettled))
    letter = bool(items or reports)
    if letter:
        post.send(row, news_letter(row, news, now))
    _record(row, telling, notices if letter else [], now)
    return int(letter)


def _unsettled(row: Notice, lane: Json | None) -> bool:
    return lane is not None and (lane["state"] != row.told or terms(lane) != row.told_terms)


def _told_of(row: Notice, lane: Json | None, promised: set[int], now: datetime) -> Told:
    """What is to be told of a lane as it stands now, whatever it stood like when the notice was made."""
    if lane is None:
        return Told(row, None, tells=False)
    state = State(lane["state"])
    due = planned(row, state, terms(lane))
    tells = due is not None and due.due(now, sure=sure(lane))
    # Of what is closed already it is no news that it is to close.
    announced = () if state is State.CLOSED else tuple(report for report in row.announced if report in promised)
    return Told(row, lane, tells, announced)


@transaction.atomic
def _record(row: Subscription, telling: Sequence[Told], counted: Sequence[Notice], now: datetime) -> None:
    """What the letter told is known from now on; what was noted meanwhile is planned anew against it. `counted` are all
    notices as they were when it was made; none where there was nothing to send."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '20s'")  # the letter is out: to give up now would send it again
    rows = Notice.objects.select_for_update().in_bulk([each.row.pk for each in telling])
    for each in telling:
        fresh = rows.get(each.row.pk)
        if fresh is None:
            continue  # they left meanwhile
        state = State(each.lane["state"]) if each.lane else State(fresh.told)
        terms_ = terms(each.lane) if each.lane else fresh.told_terms
        if fresh.position == each.row.position:
            fresh.state, fresh.terms = state, terms_
        if each.tells:
            told(fresh, state, terms_, now)
        fresh.announced = [report for report in fresh.announced if report not in each.row.announced]
        plan(fresh, now)
        fresh.save(update_fields=SENT)
    if counted:
        Subscription.objects.filter(pk=row.pk).update(failures=0, told_at=now)
        for known in counted:  # what was noted meanwhile still counts
            Notice.objects.filter(pk=known.pk, changes__gte=known.changes).update(changes=F("changes") - known.changes)


def _failed(row: Subscription, now: datetime, turned: Turned) -> None:
    failures = row.failures + 1
    if failures >= FAILURES:
        log.info("%s is dropped: %s letters in a row were turned down, the last one with %s", row, failures, turned)
        row.delete()
        return
    pause = min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE)
    Subscription.objects.filter(pk=row.pk).update(failures=F("failures") + 1, rests_until=now + pause)


class Post:
    """The mail server, reached when the first letter goes out. Its refusals are told without the address."""

    def __init__(self) -> None:
        self.line: BaseEmailBackend | None = None

    def send(self, to: Subscription, letter: Letter) -> None:
        """Raises Outage and Turned."""
        if not to.address:
            raise Turned("an address that none of our keys opens")
        try:
            self._open().send_messages(
                [EmailMessage(letter.subject, letter.text, to=[to.address], headers=letter.headers)]
            )
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self.close()
            raise _meaning(error) from None

    def _open(self) -> BaseEmailBackend:
        if self.line is None:
            folder = getattr(settings, "EMAIL_FILE_PATH", None)
            if folder:
                Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)  # its letters hold addresses and links
            line = get_connection()
            line.open()
            self.line = line
        return self.line

    def close(self) -> None:
        if self.line is not None:
            with suppress(smtplib.SMTPException, OSError):
                self.line.close()
            self.line = None


def _meaning(error: Exception) -> Outage | Turned:
    """Whether the letter was turned down or the server is out of order. The words of the server may hold the address:
    only its code is passed on."""
    name = type(error).__name__
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = {code for code, _ in error.recipients.values()}
        return Outage(f"{name} 421") if codes == {421} else Turned(f"{name} {sorted(codes)}")
    if isinstance(error, smtplib.SMTPDataError) and error.smtp_code != 421:
        return Turned(f"{name} {error.smtp_code}")
    if isinstance(error, ValueError):
        return Turned(name)
    code = getattr(error, "smtp_code", None) or getattr(error, "errno", None)
    return Outage(f"{name} {code or ''}".strip())
