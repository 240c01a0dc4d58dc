#!/usr/bin/env python
import os
import sys

from django.core.management import execute_from_command_line
from django.db.utils import OperationalError

from tracker import supervisor

NOT_RUNNING = "The database is not running: start it with `make run`, or set DATABASE_URL."


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tracker.settings")
    if sys.argv[1:2] == ["up"]:
        # The watcher of all others stays small: it needs nothing of Django.
        return supervisor.main(sys.argv[2:])
    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) is not None:
            raise  # the server answered
        reason = f"The database does not answer: {str(error).strip().splitlines()[0]}"
        print(reason if os.environ.get("DATABASE_URL") else NOT_RUNNING, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
