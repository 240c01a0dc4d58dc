from django.db import models


class Poll(models.Model):
    """One poll of a source, or one file given by hand: when, how long, how much, and what came of each item."""

    source = models.ForeignKey("crossings.Source", models.PROTECT, related_name="polls")
    slot = models.BigIntegerField(null=True, help_text="The interval it was for; two beats do one poll.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    file_name = models.CharField(max_length=255, blank=True)
    bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    reply_at = models.DateTimeField(null=True, help_text="The reply's own time.")
    error = models.CharField(max_length=40, blank=True)
    detail = models.TextField(blank=True)
    counts = models.JSONField(default=dict, help_text="Items by outcome.")
    items = models.JSONField(default=list, help_text="What came of each item.")

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            models.UniqueConstraint(fields=["source", "slot"], name="a_slot_once"),
        ]
        indexes = [models.Index(fields=["source", "-started_at"], name="poll_by_source")]

    def __str__(self) -> str:
        return f"Poll {self.pk}"
