"""Keys for partners: `apikey create --source SLUG`, `apikey list`, `apikey revoke PREFIX`."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from crossings.domain.fields import COUNTRY, LATEST
from crossings.domain.keys import end_of, new_key
from crossings.domain.vocabulary import Scope, SourceKind
from crossings.models import ApiKey, Source
from crossings.models.key import MOST_RATE, RATE

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")


class Command(BaseCommand):
    help = "Make, list and revoke the keys with which partners push."

    def add_arguments(self, parser: CommandParser) -> None:
        doing = parser.add_subparsers(dest="doing", required=True, metavar="create|list|revoke")
        create = doing.add_parser("create", help="make a key; it is printed once, as the last line")
        create.add_argument("--source", required=True, metavar="SLUG", help="whose key; made where it is new")
        create.add_argument("--name", default="", help="what the key is for")
        create.add_argument("--trusted", action="store_true", help="what this source says counts at once")
        create.add_argument(
            "--scope", action="append", choices=Scope.words(), help="what it may be used for; may be repeated; else all"
        )
        create.add_argument("--expires", type=day, metavar="DATE", help="good through that day in UTC: 2027-12-31")
        create.add_argument("--rate", type=rate, default=RATE, metavar="N", help=f"requests a minute, else {RATE}")
        create.add_argument("--contact", type=mail, metavar="MAIL", help="who is told of failing webhooks")
        create.add_argument(
            "--country",
            action="append",
            type=country,
            metavar="CC",
            help="the source may speak of crossings with a side there alone; may be repeated; else it stays as it is",
        )
        doing.add_parser("list", help="all keys, the newest first")
        revoke = doing.add_parser("revoke", help="a revoked key opens nothing any more")
        revoke.add_argument("prefix", help="the eight characters after bct_")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["doing"] == "create":
            self.create(options)
        elif options["doing"] == "revoke":
            self.revoke(options["prefix"])
        else:
            self.show()

    def create(self, given: dict[str, Any]) -> None:
        slug = given["source"]
        if not SLUG.match(slug) or len(slug) > 80:
            raise CommandError("A source's slug is lower-case letters and digits, in words parted by hyphens.")
        with transaction.atomic():
            source = self.source(slug, given["trusted"])
            self.grant(source, given["country"])
            made = new_key()
            ApiKey.objects.create(
                prefix=made.prefix, hash=made.hash, name=given["name"][:200], source=source,
                scopes=list(dict.fromkeys(given["scope"] or Scope.words())), rate=given["rate"],
                contact=given["contact"] or "", expires_at=end_of(given["expires"]),
            )  # fmt: skip
        self.stdout.write(f"A key for {slug}. It is shown this once; only its hash is kept.")
        self.stdout.write(made.key)

    def grant(self, source: Source, countries: list[str] | None) -> None:
        if countries:
            source.countries = list(dict.fromkeys(countries))
            source.save(update_fields=["countries"])
            self.stdout.write(f"{source.slug} speaks of crossings with a side in {', '.join(source.countries)} alone.")

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
            self.stdout.write(f"{key.prefix}  {_state(key)}  {key.source.slug}  {key.name}  {used}  {_terms(key)}")

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


def _terms(key: ApiKey) -> str:
    """What it may do, how often, how long and where."""
    told = [f"may {', '.join(key.scopes) or 'push nothing'}", f"{key.rate} a minute"]
    told += [f"until {key.expires_at:%Y-%m-%d %H:%M}Z"] if key.expires_at else []
    told += [f"in {', '.join(key.source.countries)}"] if key.source.countries else []
    return "  ".join([*told, key.contact] if key.contact else told)


def day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError("a day is written 2027-12-31") from None
    if found < timezone.now().date():
        raise ArgumentTypeError(f"{text} is past: the key would open nothing")
    if found.year > LATEST:
        raise ArgumentTypeError(f"a year of at most {LATEST} is expected; left out, it is good until it is revoked")
    return found


def rate(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_RATE:
        raise ArgumentTypeError(f"a number from 1 to {MOST_RATE} is expected")
    return int(text)


def mail(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise ArgumentTypeError(f"{text} is no e-mail address") from None
    return text


def country(text: str) -> str:
    if not COUNTRY.match(text.upper()):
        raise ArgumentTypeError("a country is two letters, such as PK")
    return text.upper()
