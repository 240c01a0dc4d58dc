from django.db import models

from crossings.domain.vocabulary import Traffic
from crossings.models.secret import SecretField
from crossings.models.words import WordField


class Subscription(models.Model):
    """Somebody's wish to be mailed when lanes of a crossing change. The address is sealed, found again by its hash, and
    gone with the row when they unsubscribe. Unconfirmed ones are forgotten after two days.
    """

    address = SecretField()
    address_hash = models.CharField(max_length=64)
    crossing = models.ForeignKey("crossings.Crossing", models.PROTECT, related_name="subscriptions")
    traffic = WordField(Traffic, blank=True, help_text="None: all.")
    to = models.CharField(max_length=2, blank=True, help_text="The country entered; none: both directions.")
    language = models.CharField(max_length=10)
    token = SecretField(help_text="Opens the links in its letters.")
    token_hash = models.CharField(max_length=64, unique=True)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="Letters in a row that could not be sent.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["address_hash", "crossing", "traffic", "to"], name="one_subscription_each")
        ]
        indexes = [models.Index(fields=["crossing", "confirmed_at"], name="subscription_by_crossing")]

    def __str__(self) -> str:
        return f"Subscription {self.pk}"


class Notice(models.Model):
    """That a lane's change is to be told to a subscriber: the words are made when it is sent, from what then holds.

    Notices of one subscription that are due together go in one letter.
    """

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="notices")
    traffic = WordField(Traffic)
    to = models.CharField(max_length=2)
    before = models.CharField(max_length=20)
    after = models.CharField(max_length=20)
    position = models.BigIntegerField(help_text="Of the change.")
    due_at = models.DateTimeField()
    waits_until = models.DateTimeField(null=True, help_text="An opening that is not sure yet: told as such after that.")
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subscription", "traffic", "to"], name="one_notice_per_lane")]
        indexes = [models.Index(fields=["due_at"], name="notice_by_due")]

    def __str__(self) -> str:
        return f"Notice {self.pk}"


class Told(models.Model):
    """The one row that says up to which change subscribers have been thought of."""

    position = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "told"
        constraints = [models.CheckConstraint(name="one_told", condition=models.Q(pk=1))]

    def __str__(self) -> str:
        return f"Told up to {self.position}"
