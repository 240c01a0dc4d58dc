import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from crossings import ledger
from crossings.domain.faults import Refused
from crossings.matching import Names


class Command(BaseCommand):
    help = "Derive every period anew from what was said; with --check only compare."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("crossing", nargs="?", help="one crossing, by slug, code or name; left out: all")
        parser.add_argument("--check", action="store_true", help="change nothing; exit 1 on any difference")

    def handle(self, *args: Any, crossing: str | None, check: bool, **options: Any) -> None:
        try:
            slug = Names.load().find(crossing).slug if crossing else None
        except Refused as refused:
            raise CommandError(refused.faults[0].detail) from None
        differences = ledger.rebuild(slug, check=check, now=timezone.now())
        for difference in differences:
            self.stdout.write(difference)
        told = f"{len(differences)} differences" if differences else "no difference"
        self.stdout.write(f"{'Checked' if check else 'Rebuilt'} {slug or 'all crossings'}: {told}.")
        if check and differences:
            sys.exit(1)
