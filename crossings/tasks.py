"""The Celery doors. Every task may be run twice, late or never: the database says what there is to do."""

from __future__ import annotations

from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

from crossings import alerts, bell, ingest, ledger, pulse, webhooks
from crossings.board.dump import make_if_due
from crossings.models import IdempotencyKey

# A big file may take minutes; a fetch has its own, much shorter deadline.
POLL_SECONDS = 540
DUMP_SECONDS = 3000


@shared_task(name="ingest.poll_due")
def poll_due() -> None:
    for source, slot in ingest.due(timezone.now()):
        bell.ring("ingest.poll", source, slot)


@shared_task(name="ingest.poll", soft_time_limit=POLL_SECONDS, time_limit=POLL_SECONDS + 30)
def poll(source: int, slot: int) -> None:
    ingest.poll(source, slot)


@shared_task(name="ingest.sweep")
def sweep() -> None:
    ingest.close_interrupted(timezone.now())
    for batch in ingest.left_behind(timezone.now()):
        bell.ring("ingest.take", batch)


@shared_task(name="ingest.take", soft_time_limit=POLL_SECONDS, time_limit=POLL_SECONDS + 30)
def take(batch: int) -> None:
    ingest.take_left_behind(batch)


@shared_task(name="ops.watch")
def watch() -> None:
    ingest.quiet_sources(timezone.now())
    ingest.massive_closures(timezone.now())


@shared_task(name="ops.forget_old")
def forget_old() -> None:
    ingest.forget_old(timezone.now())
    IdempotencyKey.forget_old(timezone.now())
    alerts.forget_unconfirmed(timezone.now())
    webhooks.forget_old(timezone.now())
    Session.objects.filter(expire_date__lt=timezone.now()).delete()


@shared_task(name=webhooks.DUE, soft_time_limit=webhooks.TURN + 30, time_limit=webhooks.TURN + 60)
def deliver_due() -> None:
    webhooks.deliver_due()


@shared_task(name="ops.tell_owners")
def tell_owners() -> None:
    webhooks.tell_owners(timezone.now())


@shared_task(name="deliver.alerts")
def send_alerts() -> None:
    alerts.run(timezone.now())


# Where it takes longer than until the broker gives it out again, the second finds the first at it.
@shared_task(name="ops.dump_due", soft_time_limit=DUMP_SECONDS, time_limit=DUMP_SECONDS + 30)
def dump_due() -> None:
    make_if_due(timezone.now())


@shared_task(name="ops.settle_due")
def settle_due() -> None:
    ledger.settle(timezone.now())


@shared_task(name="ops.heartbeat")
def heartbeat() -> None:
    # Being worked off is what counts, not being alive: a hung worker answers every other check.
    pulse.beat(timezone.now())
