from django.db import models


class RawBatch(models.Model):
    """What a source sent, kept as it came before anything is made of it, and for 90 days after.

    `attempts` are counted before each try, so a batch that kills its worker is found out; after the last one it is
    `dead` until a person tries again.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        TAKEN = "taken"
        FAILED = "failed", "cannot be used"
        DEAD = "dead", "set aside: it failed too often"

    poll = models.OneToOneField("crossings.Poll", models.PROTECT, related_name="batch")
    source = models.ForeignKey("crossings.Source", models.PROTECT, related_name="batches")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    body = models.BinaryField(help_text="Compressed by zlib; emptied after 90 days.")
    received_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveIntegerField(default=0, help_text="Items worked off so far.")
    etag = models.CharField(max_length=200, blank=True)
    last_modified = models.CharField(max_length=100, blank=True)

    class Meta:
        verbose_name_plural = "raw batches"
        indexes = [
            models.Index(fields=["tried_at"], name="batch_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["received_at"], name="batch_by_age"),
        ]

    def __str__(self) -> str:
        return f"Raw batch {self.pk}"
