"""The Celery app, its settings and its timetable.

Tasks say `from tracker.celery import app`; doors ring them by name, through `crossings.bell`.
"""

import logging.config
import os
import signal
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_process_init
from django.conf import settings

from tracker.process import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tracker.settings")

WORKER = os.getpid()  # the process that loaded this; the pool is forked from it
QUEUES = ("ingest", "deliver", "ops")  # a slow receiver must not delay what comes in


def every(seconds: int, task: str) -> dict[str, Any]:
    # What was not run before its next turn is thrown away: after an outage nothing is done twice over.
    return {"task": task, "schedule": seconds, "options": {"expires": seconds - 1}}


app = Celery("tracker", broker=settings.REDIS_URL)
app.set_default()
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "poll": every(10, "ingest.poll_due"),
    "sweep": every(30, "ingest.sweep"),
    "settle": every(10, "ops.settle_due"),
    "watch": every(60, "ops.watch"),
    "forget": every(3600, "ops.forget_old"),
    "alerts": every(10, "deliver.alerts"),
    "deliver": every(10, "deliver.due"),
    "tell_owners": every(60, "ops.tell_owners"),
    "dump": every(600, "ops.dump_due"),  # makes one where there is none of today
    "heartbeat": every(30, "ops.heartbeat"),
}
# All measured on Celery 5.7 with kombu 5.7; other versions may want other values.
app.conf.update(
    timezone="UTC",
    task_serializer="json",
    accept_content=["json"],  # no pickle: who can write to Redis must not be able to run code
    result_backend=None,  # state is in PostgreSQL
    task_ignore_result=True,
    task_default_queue="ops",
    task_routes={f"{queue}.*": {"queue": queue} for queue in QUEUES},
    # A task of a worker that dies is delivered again, and every task can be run twice. One that kills its own
    # process is not, or it would come back for ever: the sweeps over the database redo what it left.
    task_acks_late=True,
    task_acks_on_failure_or_timeout=True,
    task_reject_on_worker_lost=False,
    task_soft_time_limit=60,
    task_time_limit=90,
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0, "interval_max": 0.5},
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # the default gives up after 100
    # All three, or it may be ignored (celery#7651). Longer than a task's wait and run together.
    visibility_timeout=600,
    result_backend_transport_options={"visibility_timeout": 600},
    broker_transport_options={
        "visibility_timeout": 600,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,  # for a frozen Redis; longer than the 1 s for which the worker waits for news
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "retry_on_timeout": True,
        "global_keyprefix": "tracker:",
    },
    worker_prefetch_multiplier=1,  # a stuck fetch must not hold others back
    worker_cancel_long_running_tasks_on_connection_loss=False,  # True leaves them waiting for the ten minutes
    worker_soft_shutdown_timeout=6,
    worker_max_tasks_per_child=500,
    worker_max_memory_per_child=300_000,  # KiB
    worker_eta_task_limit=100,
    worker_redirect_stdouts=False,
    beat_max_loop_interval=5,
)


@worker_process_init.connect
def die_with_worker(**_: Any) -> None:
    # Celery asks for the same, but does not look whether the worker was killed before it could ask.
    if os.getpid() != WORKER:
        die_with_parent(WORKER, signal.SIGKILL)


@setup_logging.connect
def configure_logging(**_: Any) -> None:
    logging.config.dictConfig(settings.LOGGING)
