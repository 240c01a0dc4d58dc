from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from crossings import ledger


class Command(BaseCommand):
    help = "Bring every crossing whose time has come up to now: what the worker does every ten seconds."

    def handle(self, *args: Any, **options: Any) -> None:
        settled = 0
        while found := ledger.settle(timezone.now()):
            settled += found
        self.stdout.write(f"Settled {settled} crossings.")
