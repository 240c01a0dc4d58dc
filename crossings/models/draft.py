from django.conf import settings
from django.db import models

from crossings.domain.holds import Why
from crossings.models.words import WordField


class Draft(models.Model):
    """A claim, a reading or a text that waits for a person, with the reason; the decision, its maker and time stay.

    A text (kind "entry") has no crossing until somebody has written down what it claims. A merged draft says the same
    as `report`, `reading` or another draft, `same_as`, whose report it takes on once that is accepted.
    """

    class Kind(models.TextChoices):
        REPORT = "report"
        READING = "reading"
        ENTRY = "entry"

    class Decision(models.TextChoices):
        ACCEPTED = "accepted"
        MERGED = "merged"
        REJECTED = "rejected"

    source = models.ForeignKey("crossings.Source", models.PROTECT, related_name="drafts")
    crossing = models.ForeignKey("crossings.Crossing", models.PROTECT, related_name="drafts", null=True)
    kind = models.CharField(max_length=10, choices=Kind)
    external_id = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    content = models.JSONField(help_text="The claim or reading in the contract's JSON, or the text.")
    why = WordField(Why, blank=True, help_text="Empty for a text: every text waits.")
    created_at = models.DateTimeField()
    repeats = models.PositiveIntegerField(default=0, help_text="How often its source has said it again as it waited.")
    repeated_at = models.DateTimeField(null=True, help_text="When it last did.")
    in_hand_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", help_text="Who is working on it."
    )
    in_hand_until = models.DateTimeField(null=True, help_text="Then it is nobody's again.")
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decision_reason = models.CharField(max_length=500, blank=True)
    report = models.ForeignKey("crossings.Report", models.PROTECT, null=True, related_name="drafts")
    reading = models.ForeignKey("crossings.Reading", models.PROTECT, null=True, related_name="drafts")
    same_as = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")
    confirms = models.BooleanField(default=False, help_text="Merged: it confirms the report, too.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "kind", "external_id"], name="a_draft_once"),
            models.CheckConstraint(
                name="only_a_text_has_no_crossing",
                condition=models.Q(kind="entry") | models.Q(crossing__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="draft_waiting", condition=models.Q(decision="")),
            models.Index(fields=["source", "crossing", "-id"], name="draft_last_word"),
        ]

    def __str__(self) -> str:
        return f"Draft {self.pk}"
