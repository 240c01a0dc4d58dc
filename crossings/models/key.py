from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models

from crossings.domain.vocabulary import Scope
from crossings.models.secret import SecretField
from crossings.models.words import WordField

RATE = 3000
MOST_RATE = 1_000_000


class ApiKey(models.Model):
    """A partner's key: 256 bits, kept as its hash; the prefix tells keys apart without giving them away."""

    prefix = models.CharField(max_length=12, unique=True)
    hash = models.CharField(max_length=64)
    name = models.CharField(max_length=200, blank=True)
    source = models.ForeignKey("crossings.Source", models.PROTECT, related_name="keys")
    scopes = ArrayField(WordField(Scope), default=Scope.words, help_text="What it may be used for.")
    rate = models.PositiveIntegerField(default=RATE, help_text="Requests a minute at most.")
    contact = models.EmailField(blank=True, help_text="Who is told when one of its webhooks fails.")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name or self.source.slug})"


class IdempotencyKey(models.Model):
    """What a request sent under an Idempotency-Key was answered, to be answered again for a day.

    `status` is null while the first of them is still being worked on. A body that no key of ours opens reads as empty.
    """

    KEPT = timedelta(hours=24)

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="idempotency_keys")
    name = models.CharField(max_length=255)
    asked_sha256 = models.CharField(max_length=64, help_text="Of the method, the address and the body.")
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    body = SecretField(blank=True, help_text="Sealed: an answer may hold a secret that is told once.")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "name"], name="one_answer_per_idempotency_key")]

    def __str__(self) -> str:
        return f"Idempotency-Key {self.name} of {self.key_id}"

    @classmethod
    def forget_old(cls, now: datetime) -> int:
        """Delete those kept long enough; how many there were."""
        return cls.objects.filter(created_at__lte=now - cls.KEPT).delete()[0]
