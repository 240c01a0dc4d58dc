"""The history as derived from the reports: rebuilt at will, written by the ledger alone."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from crossings.domain.vocabulary import Precision, State
from crossings.models.words import WordField


class Period(models.Model):
    """A stretch [start, end) in which no lane's state, conditions or holders changed; `end` null: it lasts.

    `since` is when the crossing's one word, `state`, began. `reports` are those on which it rested as it began.
    """

    crossing = models.ForeignKey("crossings.Crossing", models.CASCADE, related_name="periods")
    start = models.DateTimeField()
    start_precision = WordField(Precision)
    end = models.DateTimeField(null=True)
    state = WordField(State)
    since = models.DateTimeField()
    since_precision = WordField(Precision)
    lanes = models.JSONField()
    reports = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["crossing", "start"], name="one_period_at_a_time")]
        ordering = ["crossing", "start"]


class Checkpoint(models.Model):
    """A place from which the derivation can go on: the reports that still bear on the crossing just after `at`.

    With one every few reports, late news costs what it changes and not what came before or after it.
    """

    crossing = models.ForeignKey("crossings.Crossing", models.CASCADE, related_name="checkpoints")
    at = models.DateTimeField()
    reports = ArrayField(models.BigIntegerField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["crossing", "at"], name="one_checkpoint_at_a_time")]
