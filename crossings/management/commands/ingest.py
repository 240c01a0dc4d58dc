import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from crossings import ingest
from crossings.feeds import FORMATS, Format
from crossings.models import Poll, Source


class Command(BaseCommand):
    help = "Take one source now: its address, or one file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="the source's slug")
        parser.add_argument("--format", choices=sorted(FORMATS), help="makes the source, trusted, where it is new")
        parser.add_argument("--file", type=Path, metavar="PATH", help="take this file instead of the source's address")
        parser.add_argument("--dry-run", action="store_true", help="show what would happen and keep nothing")

    def handle(
        self, *args: Any, source: str, format: str | None, file: Path | None, dry_run: bool, **options: Any
    ) -> None:
        if file is not None and not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            with transaction.atomic() if dry_run else nullcontext():
                rows = self._take(source_of(source, format, self.stdout.write), file, dry_run)
                if dry_run:
                    transaction.set_rollback(True)
        except ingest.Busy as busy:
            raise CommandError(str(busy)) from None
        for row in rows:
            self._tell(row)
        if dry_run:
            self.stdout.write("A dry run: nothing was kept.")
        if any(failed(row) for row in rows):
            sys.exit(1)

    def _take(self, source: Source, file: Path | None, dry_run: bool) -> list[Poll]:
        if file is not None:
            return [ingest.ingest_file(source, file, trial=dry_run)]
        if not source.address:
            raise CommandError(f"{source.slug} has no address; give a file with --file.")
        return ingest.ingest_source(source, trial=dry_run)

    def _tell(self, row: Poll) -> None:
        name = row.file_name or row.source.slug
        if row.error:
            self.stderr.write(f"{name}: {row.error}. {row.detail}")
            return
        for item in row.items:
            for fault in item.get("faults", ()):
                pointer = f" {fault['pointer']}" if fault["pointer"] else ""
                self.stdout.write(f"  {item['at']}{pointer} {fault['code']}: {fault['detail']}")
            if item["outcome"] in ("draft", "conflict"):
                self.stdout.write(f"  {item['at']} {item['outcome']}: {item.get('detail', '')}")
        for outcome, count in sorted(row.counts.items()):
            self.stdout.write(f"{outcome}: {count}")
        total = sum(row.counts.values())
        self.stdout.write(f"{name}: {total} items, {row.bytes} bytes. {row.detail if not row.counts else ''}".rstrip())


def failed(row: Poll) -> bool:
    """Whether nothing of it could be used."""
    return bool(row.error) or set(row.counts) == {"refused"}


def source_of(slug: str, name: str | None, tell: Callable[[str], object]) -> Source:
    source = Source.objects.filter(slug=slug).first()
    if source is None:
        if name is None:
            known = ", ".join(Source.objects.order_by("slug").values_list("slug", flat=True)[:20]) or "none yet"
            raise CommandError(f'There is no source "{slug}" (known: {known}); with --format it is made.')
        return make_source(slug, FORMATS[name])
    if name and source.format and source.format != name:
        raise CommandError(f"{slug} speaks {source.format}, not {name}; change it in the admin.")
    if not source.format and name:
        source.format = name
        source.save(update_fields=["format"])
    if not source.format:
        raise CommandError(f"{slug} has no format yet; give one with --format.")
    return source


def make_source(slug: str, form: Format) -> Source:
    source = Source(
        slug=slug, name=slug, public_label=form.public_label or slug, kind=form.kind, country=form.country,
        trusted=True, format=form.name,
    )  # fmt: skip
    source.full_clean()
    source.save()
    return source
