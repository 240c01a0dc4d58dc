from django.conf import settings
from django.db import models

from crossings.domain.vocabulary import Measure, Method, Per, Precision, QueuePlace, Traffic, Unit
from crossings.models.words import WordField


class Reading(models.Model):
    """A counted or estimated queue or flow; a range. Append-only like Report."""

    crossing = models.ForeignKey("crossings.Crossing", models.PROTECT, related_name="readings")
    source = models.ForeignKey("crossings.Source", models.PROTECT, related_name="readings")
    external_id = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    side = models.CharField(max_length=2, blank=True)
    traffic = WordField(Traffic, blank=True)
    to = models.CharField(max_length=2, blank=True)
    measure = WordField(Measure)
    unit = WordField(Unit)
    low = models.IntegerField(null=True)
    high = models.IntegerField(null=True)
    per = WordField(Per, blank=True)
    place = WordField(QueuePlace, default=QueuePlace.GATE)
    loaded = models.BooleanField(null=True)
    method = WordField(Method, default=Method.REPORTED)
    observed_at = models.DateTimeField()
    precision = WordField(Precision, default=Precision.EXACT)
    note = models.TextField(blank=True)
    attribution = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=1000, blank=True)
    reported_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    backfilled = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="a_reading_once")]
        indexes = [models.Index(fields=["crossing", "observed_at", "id"], name="reading_by_time")]

    def __str__(self) -> str:
        return f"Reading {self.pk}"
