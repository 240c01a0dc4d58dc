import sys
from argparse import Namespace
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tracker import supervisor


class Command(BaseCommand):
    help = "Start everything and watch over it: what `make run` calls."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        supervisor.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(supervisor.start(Namespace(**options)))
