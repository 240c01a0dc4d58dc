from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from crossings.domain.border import Border, Side
from crossings.domain.faults import Refused
from crossings.domain.hours import openings_from_json
from crossings.domain.vocabulary import State, Traffic
from crossings.models.words import WordField


def all_traffic() -> list[str]:
    return Traffic.words()


class Crossing(models.Model):
    """A border crossing point and its two sides, each with a gate of its own."""

    slug = models.SlugField(max_length=80, unique=True, help_text="Its address; never changed once published.")
    name = models.CharField(max_length=120)
    names = models.JSONField(default=dict, blank=True, help_text='By language, such as {"ps": "تورخم"}.')
    aliases = models.JSONField(default=list, blank=True, help_text="Other names and spellings, in any script.")
    codes = models.JSONField(
        default=list, blank=True, help_text='UN/LOCODEs and codes of other systems, such as "AFRKH", "cbp:250401".'
    )
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    position_verified = models.BooleanField(default=False)
    traffic = models.JSONField(default=all_traffic, help_text=f"What it carries, of: {', '.join(Traffic.words())}.")
    country_a = models.CharField("first side", max_length=2)
    place_a = models.CharField("place on the first side", max_length=120, blank=True)
    timezone_a = models.CharField("zone of the first side", max_length=60)
    country_b = models.CharField("second side", max_length=2)
    place_b = models.CharField("place on the second side", max_length=120, blank=True)
    timezone_b = models.CharField("zone of the second side", max_length=60)
    must_speak = models.JSONField(
        default=list, blank=True, help_text="Sides that must be heard before a lane counts as open; empty: both."
    )
    fresh_for = models.DurationField(default=timedelta(hours=24))
    forget_after = models.DurationField(default=timedelta(days=60))
    hours = models.JSONField(default=list, blank=True, help_text="Opening hours by side: see the documentation.")
    hours_note = models.CharField(max_length=300, blank=True)
    note = models.TextField(blank=True)
    sensitive = models.BooleanField(
        default=False,
        help_text="A second person must agree before staff loosen or redact anything here; never to close.",
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def countries(self) -> tuple[str, str]:
        return self.country_a, self.country_b

    def border(self) -> Border:
        """This crossing as the rules see it."""
        return Border(
            slug=self.slug,
            sides=(
                Side(self.country_a, self.place_a, self.timezone_a),
                Side(self.country_b, self.place_b, self.timezone_b),
            ),
            traffic=tuple(traffic for traffic in Traffic if traffic in self.traffic),
            must_speak=tuple(self.must_speak) or self.countries,
            fresh_for=self.fresh_for,
            forget_after=self.forget_after,
            hours=openings_from_json(self.hours, self.countries),
        )

    def clean(self) -> None:
        faults: dict[str, Any] = {}
        if self.country_a == self.country_b:
            faults["country_b"] = "The two sides are two countries."
        if set(self.must_speak) - set(self.countries):
            faults["must_speak"] = f"Only the sides can speak: {', '.join(self.countries)}."
        if not self.traffic or set(self.traffic) - set(Traffic):
            faults["traffic"] = f"A list of: {', '.join(Traffic.words())}."
        try:
            border = Border("", (Side("", "", self.timezone_a), Side("", "", self.timezone_b)), (), ())
            for side in border.sides:
                assert side.zone
        except (ValueError, KeyError, OSError):
            faults["timezone_a"] = "Zones are named as in Asia/Kabul."
        try:
            openings_from_json(self.hours, self.countries)
        except Refused as refused:
            faults["hours"] = str(refused)
        if faults:
            raise ValidationError(faults)


class Current(models.Model):
    """The crossing as it stands now: derived, rebuilt at will, written by the ledger alone. Its lock is the crossing's.

    `version` moves whenever any public byte of the crossing moves. `settle_at` is when time alone may change it next.
    """

    crossing = models.OneToOneField(Crossing, models.CASCADE, primary_key=True, related_name="current")
    state = WordField(State, default=State.UNKNOWN)
    status = models.JSONField(default=dict)
    queues = models.JSONField(default=list)
    version = models.BigIntegerField(default=0)
    position = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(null=True)
    settle_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        verbose_name_plural = "current"
