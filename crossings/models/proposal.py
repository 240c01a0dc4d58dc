from django.conf import settings
from django.db import models


class Proposal(models.Model):
    """An act of staff at a sensitive crossing that loosens or redacts, and waits for a second person.

    `content` is what is to be done, as JSON of its kind. `key` names the form it came from: sent twice it is one.
    """

    class Kind(models.TextChoices):
        UPDATE = "update"
        CORRECTION = "correction"
        CONFIRMATION = "confirmation"
        RETRACTION = "retraction"
        REDACTION = "redaction"
        ACCEPTANCE = "acceptance"
        UNMARKING = "unmarking"

    class Decision(models.TextChoices):
        AGREED = "agreed"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    kind = models.CharField(max_length=12, choices=Kind)
    crossing = models.ForeignKey("crossings.Crossing", models.PROTECT, related_name="proposals")
    report = models.ForeignKey("crossings.Report", models.PROTECT, null=True, related_name="proposals")
    reading = models.ForeignKey("crossings.Reading", models.PROTECT, null=True, related_name="proposals")
    draft = models.ForeignKey("crossings.Draft", models.PROTECT, null=True, related_name="proposals")
    source = models.ForeignKey("crossings.Source", models.PROTECT, null=True, related_name="+")
    content = models.JSONField(default=dict)
    reason = models.CharField(max_length=500, blank=True)
    key = models.CharField(max_length=200, unique=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decision_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        permissions = [("decide_proposal", "Can agree as the second person")]
        indexes = [models.Index(fields=["proposed_at"], name="proposal_waiting", condition=models.Q(decision=""))]
        constraints = [
            models.CheckConstraint(
                name="a_second_person_agrees",
                condition=~models.Q(decision="agreed") | ~models.Q(decided_by=models.F("proposed_by")),
            )
        ]

    def __str__(self) -> str:
        return f"Proposal {self.pk}"
