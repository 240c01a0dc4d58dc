"""Keys for partners: `apikey create --source SLUG`, `apikey list`, `apikey revoke PREFIX`."""

from __future__ import annotations

import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from crossings.domain.keys import new_key
from crossings.domain.vocabulary import SourceKind
from crossings.models import ApiKey, Source

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


class Command(BaseCommand):
    help = "Make, list and revoke the keys with which partners push."

    def add_arguments(self, parser: CommandParser) -> None:
        doing = parser.add_subparsers(dest="doing", required=True, metavar="create|list|revoke")
        create = doing.add_parser("create", help="make a key; it is printed once, as the last line")
        create.add_argument("--source", required=True, metavar="SLUG", help="whose key; made where it is new")
        create.add_argument("--name", default="", help="what the key is for")
        create.add_argument("--trusted", action="store_true", help="what this source says counts at once")
        doing.add_parser("list", help="all keys, the newest first")
        revoke = doing.add_parser("revoke", help="a revoked key opens nothing any more")
        revoke.add_argument("prefix", help="the eight characters after bct_")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["doing"] == "create":
            self.create(options["source"], options["name"], options["trusted"])
        elif options["doing"] == "revoke":
            self.revoke(options["prefix"])
        else:
            self.show()

    def create(self, slug: str, name: str, trusted: bool) -> None:
        if not SLUG.match(slug) or len(slug) > 80:
            raise CommandError("A source's slug is lower-case letters and digits, in words parted by hyphens.")
        with transaction.atomic():
            source = self.source(slug, trusted)
            made = new_key()
            ApiKey.objects.create(prefix=made.prefix, hash=made.hash, name=name[:200], source=source)
        self.stdout.write(f"A key for {slug}. It is shown this once; only its hash is kept.")
        self.stdout.write(made.key)

    def source(self, slug: str, trusted: bool) -> Source:
        label = slug.replace("-", " ").capitalize()
        given = {"name": label, "public_label": label, "kind": SourceKind.PARTNER, "trusted": trusted}
        source, new = Source.objects.get_or_create(slug=slug, defaults=given)
        if not source.active:
            raise CommandError(f"{slug} is not active: its keys open nothing. Switch it on in the admin first.")
        if new:
            self.stdout.write(f'New source {slug}, shown as "{label}", {"" if trusted else "not "}trusted.')
        elif trusted and not source.trusted:
            source.trusted = True
            source.save(update_fields=["trusted"])
            self.stdout.write(f"{slug} is trusted from now on.")
        return source

    def show(self) -> None:
        for key in ApiKey.objects.select_related("source").order_by("-created_at"):
            used = f"last used {key.last_used_at:%Y-%m-%d %H:%M}Z" if key.last_used_at else "never used"
            self.stdout.write(f"{key.prefix}  {_state(key)}  {key.source.slug}  {key.name}  {used}")

    def revoke(self, prefix: str) -> None:
        prefix = prefix.removeprefix("bct_")[:8]
        key = ApiKey.objects.select_related("source").filter(prefix=prefix).first()
        if key is None:
            raise CommandError(f"There is no key {prefix}.")
        if key.revoked_at is None:
            key.revoked_at = timezone.now()
            key.save(update_fields=["revoked_at"])
        self.stdout.write(f"{prefix} of {key.source.slug} is revoked since {key.revoked_at:%Y-%m-%d %H:%M}Z.")


def _state(key: ApiKey) -> str:
    if key.revoked_at:
        return "revoked"
    return "expired" if key.expires_at and key.expires_at <= timezone.now() else "valid"
