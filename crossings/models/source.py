from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models

from crossings.domain.vocabulary import SourceKind
from crossings.models.secret import SecretField
from crossings.models.words import WordField


class Source(models.Model):
    """Who speaks. `name` is for staff only; `public_label` is what leaves the house."""

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200, help_text="For staff only; never shown to the public.")
    public_label = models.CharField(max_length=200, help_text='What leaves the house: "customs agent, Pakistani side".')
    kind = WordField(SourceKind, default=SourceKind.PARTNER)
    country = models.CharField(max_length=2, blank=True, help_text="For an authority: the side it speaks for.")
    url = models.URLField(max_length=500, blank=True)
    trusted = models.BooleanField(default=False, help_text="What it says counts at once; else it waits as a draft.")
    active = models.BooleanField(default=True)
    address = models.CharField(
        max_length=500, blank=True, help_text="https://… or file:/a/drop/folder. Empty: it is not polled."
    )
    format = models.CharField(max_length=20, blank=True, help_text="partner, cbp, …")
    options = models.JSONField(default=dict, blank=True, help_text="What its format asks: mapped columns, zone.")
    headers = SecretField(blank=True, help_text="Sent with each request, one a line.")
    interval = models.DurationField(default=timedelta(minutes=10), help_text="How often it is polled.")
    crossings = models.ManyToManyField(
        "crossings.Crossing", blank=True, help_text="The crossings it may speak of; none chosen: all."
    )
    countries = ArrayField(
        models.CharField(max_length=2),
        default=list,
        blank=True,
        help_text="Only crossings with a side in one of these; none: all.",
    )
    note = models.TextField(blank=True, help_text="For staff only.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="an_authority_has_a_side",
                condition=~models.Q(kind=SourceKind.AUTHORITY) | ~models.Q(country=""),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def speaks_for(self) -> str:
        """The side whose authority it is; "" for all others."""
        return self.country if self.kind == SourceKind.AUTHORITY else ""


class SourceState(models.Model):
    """How the polling of a source goes: written by ingest alone, so that an edit in the admin never undoes it."""

    source = models.OneToOneField(Source, models.CASCADE, primary_key=True, related_name="state")
    next_due_at = models.DateTimeField(null=True, db_index=True)
    last_polled_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    last_reply_at = models.DateTimeField(null=True, help_text="The newest reply taken, by its own time.")
    etag = models.CharField(max_length=200, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)
    asked_as = models.CharField(max_length=64, blank=True, help_text="The way of asking of which all this is true.")
