from django.contrib.postgres.fields import ArrayField
from django.db import models

from crossings.domain.vocabulary import State, Traffic
from crossings.models.secret import SecretField
from crossings.models.words import WordField


class Subscription(models.Model):
    """Somebody's wish to be mailed when lanes of a crossing change. The address is sealed, found again by its hash, and
    gone with the row when they unsubscribe. Unconfirmed ones are forgotten after two days.

    `rests_until` keeps it from a second worker while a letter is sent, and from the next try after one failed.
    `told_at` is when the last letter with news went out.
    """

    address = SecretField()
    address_hash = models.CharField(max_length=64)
    crossing = models.ForeignKey("crossings.Crossing", models.PROTECT, related_name="subscriptions")
    traffic = WordField(Traffic, blank=True, help_text="None: all.")
    to = models.CharField(max_length=2, blank=True, help_text="The country entered; none: both directions.")
    language = models.CharField(max_length=10)
    token = SecretField(help_text="Opens the links in its letters.")
    token_hash = models.CharField(max_length=64, unique=True)
    asked_at = models.DateTimeField(help_text="When it was last asked for.")
    letter_due_at = models.DateTimeField(null=True, help_text="When the letter with its link is to be sent.")
    confirmed_at = models.DateTimeField(null=True)
    position = models.BigIntegerField(default=0, help_text="Of the crossing's last change before it was confirmed.")
    told_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="Letters in a row that could not be sent.")
    rests_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["address_hash", "crossing", "traffic", "to"], name="one_subscription_each")
        ]
        indexes = [
            models.Index(fields=["crossing", "confirmed_at"], name="subscription_by_crossing"),
            models.Index(
                fields=["letter_due_at"],
                name="subscription_letter_due",
                condition=models.Q(letter_due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Subscription {self.pk}"


class Notice(models.Model):
    """What a subscriber knows of a lane, and when they are to hear of it next. The words are made when a letter is
    sent, from what then holds; what is due together goes in one letter.

    `told` is the state they were told last, `state` the one of the last change; `told_terms` and `terms` are digests of
    the conditions on which a restricted lane lets through, empty of any other. `changes` is how many there were since
    the last letter, `turns` the times of the last few. `turned_at` is when the lane turned looser than `told`,
    `shut_since` since when it has been shut, were it with a word in between that nobody was told. `due_at` is empty
    where there is nothing to tell.
    """

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="notices")
    traffic = WordField(Traffic)
    to = models.CharField(max_length=2)
    told = WordField(State)
    state = WordField(State)
    told_terms = models.CharField(max_length=64, blank=True)
    terms = models.CharField(max_length=64, blank=True)
    position = models.BigIntegerField(help_text="Of the last change.")
    changed_at = models.DateTimeField()
    turned_at = models.DateTimeField(null=True)
    shut_since = models.DateTimeField(null=True)
    changes = models.PositiveIntegerField(default=0)
    announced = ArrayField(
        models.BigIntegerField(), default=list, help_text="Reports of announced closings to tell of."
    )
    letters = ArrayField(models.DateTimeField(), default=list, help_text="When the last few told of this lane.")
    turns = ArrayField(models.DateTimeField(), default=list, help_text="When it last changed, a few times.")
    due_at = models.DateTimeField(null=True)
    sure_from = models.DateTimeField(null=True, help_text="From then on it is due as soon as it is sure.")
    urgent = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subscription", "traffic", "to"], name="one_notice_per_lane")]
        indexes = [
            models.Index(fields=["due_at"], name="notice_by_due", condition=models.Q(due_at__isnull=False)),
        ]

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
