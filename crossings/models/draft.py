from django.conf import settings
from django.db import models

from crossings.domain.holds import Why
from crossings.models.words import WordField


class Draft(models.Model):
    """A claim or reading that waits for a person, with the reason; the decision, its maker and its time stay."""

    class Kind(models.TextChoices):
        REPORT = "report"
        READING = "reading"

    class Decision(models.TextChoices):
        ACCEPTED = "accepted"
        REJECTED = "rejected"

    source = models.ForeignKey("crossings.Source", models.PROTECT, related_name="drafts")
    crossing = models.ForeignKey("crossings.Crossing", models.PROTECT, related_name="drafts")
    kind = models.CharField(max_length=10, choices=Kind)
    external_id = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    content = models.JSONField(help_text="The claim or reading, in the contract's JSON.")
    why = WordField(Why)
    created_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decision_reason = models.CharField(max_length=500, blank=True)
    report = models.ForeignKey("crossings.Report", models.PROTECT, null=True, related_name="drafts")
    reading = models.ForeignKey("crossings.Reading", models.PROTECT, null=True, related_name="drafts")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "kind", "external_id"], name="a_draft_once")]
        indexes = [models.Index(fields=["created_at"], name="draft_waiting", condition=models.Q(decision=""))]

    def __str__(self) -> str:
        return f"Draft {self.pk}"
