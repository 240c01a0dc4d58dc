"""`make bench`: each benchmark prints one JSON line {"name", "value", "unit", "goal", "better"}.

They run one after the other on a PostgreSQL and a Valkey of their own. `python -m benchmarks NAME …` runs some only.
"""

import importlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import django

from tracker.embedded import Postgres, Valkey

NAMES = ["record_growth", "ingest", "poll_unchanged", "reading", "history_growth", "fresh_webhook"]


def main(names: list[str]) -> int:
    state = Path(tempfile.mkdtemp(prefix="tracker-bench-"))
    state.chmod(0o711)  # as root, PostgreSQL runs as another user, who has to pass through
    services = [Postgres(state), Valkey(state)]
    try:
        os.environ["TRACKER_STATE"] = str(state)
        os.environ["DJANGO_SETTINGS_MODULE"] = "tracker.settings"
        os.environ["DATABASE_URL"], os.environ["REDIS_URL"] = (service.start() for service in services)
        os.environ["TRACKER_LOG_LEVEL"] = "WARNING"
        django.setup()
        for name in names or NAMES:
            for line in importlib.import_module(f"benchmarks.{name}").run():
                print(json.dumps(line), flush=True)
    finally:
        for service in services:
            service.stop()
            shutil.rmtree(service.home, ignore_errors=True)
        shutil.rmtree(state, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
