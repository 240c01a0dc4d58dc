from django.contrib.postgres.fields import ArrayField
from django.db import models

from crossings.domain.vocabulary import Turn
from crossings.models.secret import SecretField
from crossings.models.words import WordField


def words(length: int = 80) -> ArrayField:
    return ArrayField(models.CharField(max_length=length), default=list, blank=True)


class Endpoint(models.Model):
    """Where a key's holder is told of changes. An empty list chooses everything.

    `failures` and `rests_until` are of the endpoint as a whole: one that cannot be reached is not asked anew for each
    delivery. `leased_until` belongs to the worker that is sending to it. It is never deleted while anybody may be
    queueing for it: its owner switches it off, and the row goes later.
    """

    class State(models.TextChoices):
        UNPROVEN = "unproven", "has not shown yet that it is its owner's"
        ACTIVE = "active"
        PAUSED = "paused", "paused: it failed for too long"
        GONE = "gone", "it answered 410: nothing more is sent"
        OFF = "off", "taken away by its owner"

    key = models.ForeignKey("crossings.ApiKey", models.PROTECT, related_name="endpoints")
    url = models.CharField(max_length=500)
    state = models.CharField(max_length=10, choices=State, default=State.UNPROVEN)
    since = models.DateTimeField(help_text="When it came into this state.")
    held = models.BooleanField(default=False, help_text="Paused by our staff: only they take it up again.")
    challenge_at = models.DateTimeField(null=True, help_text="When it is to be asked whether it is its owner's.")
    secret = SecretField()
    old_secrets = SecretField(
        blank=True, help_text="Sign beside the new one: one a line with its end, the newest first."
    )
    old_secret_until = models.DateTimeField(null=True, help_text="When the last of the old ones ends.")
    crossings = words()
    countries = words(2)
    traffic = words(20)
    to = words(2)
    types = words(30)
    turn = WordField(Turn, blank=True, help_text="Only what turns tighter, or looser.")
    least_confidence = models.CharField(max_length=20, blank=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True)
    leased_until = models.DateTimeField(null=True)
    tried_at = models.DateTimeField(null=True)
    slow = models.BooleanField(default=False, help_text="It took long to answer, the last time.")
    tell_owner_at = models.DateTimeField(null=True, help_text="When its owner is to be told that nothing is sent.")
    detail = models.TextField(blank=True, help_text="What went wrong last.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Endpoint {self.pk}"


class Challenge(models.Model):
    """That a host is asked whether an endpoint is its owner's: counted of the key and of the host for an hour."""

    key = models.ForeignKey("crossings.ApiKey", models.CASCADE, related_name="challenges")
    host = models.CharField(max_length=500)
    asked_at = models.DateTimeField(help_text="When the key's holder asked for it.")
    at = models.DateTimeField(help_text="From when on it is sent.")

    class Meta:
        indexes = [
            models.Index(fields=["key", "asked_at"], name="challenge_by_key"),
            models.Index(fields=["host", "at"], name="challenge_by_host"),
        ]

    def __str__(self) -> str:
        return f"Challenge {self.pk}"


class Delivery(models.Model):
    """That an endpoint is to be told of a change. What is sent is the change as it was frozen: no copy is kept here."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        GIVEN_UP = "given_up", "given up"

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries")
    change = models.ForeignKey("crossings.Change", models.PROTECT, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    refusals = models.PositiveSmallIntegerField(default=0, help_text="Answers that refused it.")
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-change"]
        constraints = [models.UniqueConstraint(fields=["endpoint", "change"], name="one_delivery_per_change")]
        indexes = [
            models.Index(fields=["endpoint", "change"], name="delivery_waiting", condition=models.Q(state="waiting")),
            models.Index(fields=["created_at"], name="delivery_by_age"),
        ]

    def __str__(self) -> str:
        return f"Delivery {self.pk}"


class Attempt(models.Model):
    """One try to deliver: what was answered, in as few words as its owner needs to mend it."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="tries")
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField()
    status = models.PositiveSmallIntegerField(null=True, help_text="Of HTTP; none where there was no answer.")
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"Attempt {self.pk}"
