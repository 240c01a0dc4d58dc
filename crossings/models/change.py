from django.db import models

from crossings.domain.vocabulary import ChangeType
from crossings.models.words import WordField


class Feed(models.Model):
    """The one row whose lock numbers the changes: whoever holds it commits next, so no poller misses a number."""

    position = models.BigIntegerField(default=0)
    version = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(name="one_feed", condition=models.Q(pk=1))]


class Change(models.Model):
    """What we announced, in order, its JSON frozen as it was sent. Append-only."""

    position = models.BigIntegerField(primary_key=True)
    type = WordField(ChangeType, max_length=30)
    crossing = models.ForeignKey("crossings.Crossing", models.PROTECT, related_name="changes")
    recorded_at = models.DateTimeField()
    body = models.JSONField()

    class Meta:
        ordering = ["position"]
        indexes = [models.Index(fields=["crossing", "position"], name="change_by_crossing")]

    def __str__(self) -> str:
        return f"Change {self.position}: {self.type}"
