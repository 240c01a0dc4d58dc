"""The four processes of the site: the one place that says how each is run. docker-compose.yml comes here too."""

import signal
import sys

ROLES = ("web", "worker", "courier", "beat")
# A soft stop: the worker finishes what it can in a few seconds and hands the rest back to the queue.
STOP_SIGNALS = {"worker": signal.SIGQUIT, "courier": signal.SIGQUIT}


def commands(bind: str, port: int) -> dict[str, list[str]]:
    granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--http", "1", "--no-ws"]
    # As fast with two threads as with one, and a slow page does not hold up a whole worker.
    crew = ["--workers", "2", "--blocking-threads", "2", "--respawn-failed-workers", "--workers-kill-timeout", "5"]
    celery = [sys.executable, "-m", "celery", "-A", "tracker.celery"]
    alone = ["--without-mingle", "--without-gossip", "--without-heartbeat"]  # workers need not know each other
    crew_of_two = ["--concurrency", "2"]
    return {
        "web": [*granian, *crew, "--host", bind, "--port", str(port), "tracker.wsgi:application"],
        "worker": [*celery, "worker", "-n", "worker@%h", "-Q", "ingest,ops", *alone, *crew_of_two],
        # What goes out has its own: news of a closure must not wait for a large file that comes in.
        "courier": [*celery, "worker", "-n", "courier@%h", "-Q", "deliver", *alone, *crew_of_two],
        # Nothing in the timetable is rarer than a minute: the scheduler that keeps no file cannot find it broken.
        "beat": [*celery, "beat", "--scheduler", "celery.beat.Scheduler", "--pidfile="],
    }
