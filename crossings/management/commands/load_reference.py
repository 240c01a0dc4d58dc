from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from crossings import reference


class Command(BaseCommand):
    help = "Load the reference crossings and their history. What is there already stays as it is."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--without-history", action="store_true", help="the crossings alone")

    def handle(self, *args: Any, without_history: bool, **options: Any) -> None:
        try:
            loaded = reference.load(timezone.now(), history=not without_history)
        except reference.Faulty as faulty:
            raise CommandError(str(faulty)) from None
        self.stdout.write(f"Loaded {loaded.crossings} crossings, {loaded.reports} reports, {loaded.readings} readings.")
