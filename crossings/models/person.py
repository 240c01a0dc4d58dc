"""The people of the desk: what each looks after, and how new ones come in."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class Duty(models.Model):
    """What a member of staff looks after. Who has none looks after all countries, in English."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, related_name="duty")
    countries = ArrayField(
        models.CharField(max_length=2),
        default=list,
        blank=True,
        help_text="Only crossings with a side in one of these; none: all.",
    )
    crossings = models.ManyToManyField(
        "crossings.Crossing", blank=True, related_name="+", help_text="Those of the round; none chosen: all."
    )
    language = models.CharField(max_length=10, blank=True, help_text="In which the desk speaks; empty: English.")

    class Meta:
        verbose_name_plural = "duties"

    def __str__(self) -> str:
        return f"Duty of {self.user}"


class Invitation(models.Model):
    """A link by which a new member of staff makes an account, once. Only the link's digest is kept."""

    digest = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=150, help_text="Whom it is for: the account's name.")
    role = models.ForeignKey("auth.Group", models.PROTECT, related_name="+")
    countries = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    taken_at = models.DateTimeField(null=True)
    taken_by = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    def __str__(self) -> str:
        return f"Invitation of {self.name}"


class Round(models.Model):
    """One member of staff's way through their crossings. What was done on it is in the ledger since `begun_at`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="rounds")
    begun_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], name="one_round_at_a_time", condition=models.Q(ended_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"Round {self.pk}"
