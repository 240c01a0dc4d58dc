"""What was said, append-only: the database refuses UPDATE, DELETE and TRUNCATE (migration 0002)."""

from django.conf import settings
from django.db import models

from crossings.domain.vocabulary import Basis, By, HowKnown, Precision, Reason, Visibility, Where
from crossings.models.words import WordField


class Report(models.Model):
    """One claim by one source about one crossing. Times in UTC.

    `lanes` is the claim's list of lane states in the contract's JSON. `reported_at` is when the source said it, or,
    where it did not say, when we received it. `digest` identifies the content, `external_id` the item at its source.
    """

    crossing = models.ForeignKey("crossings.Crossing", models.PROTECT, related_name="reports")
    source = models.ForeignKey("crossings.Source", models.PROTECT, related_name="reports")
    external_id = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    declared_by = models.CharField(max_length=2, blank=True)
    one_gate = models.BooleanField(default=False)
    effective_at = models.DateTimeField(null=True)
    precision = WordField(Precision, default=Precision.EXACT)
    until = models.DateTimeField(null=True)
    until_date = models.DateField(null=True)
    basis = WordField(Basis, default=Basis.OBSERVED)
    where = WordField(Where, default=Where.GATE)
    by = WordField(By, default=By.AUTHORITY)
    by_name = models.CharField(max_length=200, blank=True)
    lanes = models.JSONField()
    reason = WordField(Reason, blank=True)
    note = models.TextField(blank=True)
    attribution = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=1000, blank=True)
    visibility = WordField(Visibility, default=Visibility.PUBLIC)
    how_known = WordField(HowKnown, blank=True)
    reported_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    backfilled = models.BooleanField(default=False)

    class Meta:
        permissions = [
            ("retract_report", "Can take back what others logged"),
            ("redact_report", "Can blank free text for good"),
            ("import_report", "Can bring in files"),
            ("export_report", "Can take out files"),
        ]
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="a_report_once")]
        indexes = [
            models.Index(fields=["crossing", "effective_at", "id"], name="report_by_effect"),
            models.Index(fields=["source", "effective_at"], name="report_by_source"),
            models.Index(fields=["crossing", "reported_at"], name="report_by_hearing"),
            models.Index(fields=["crossing", "recorded_at"], name="report_by_record"),
            models.Index(
                fields=["crossing", "reported_at"], name="report_announced", condition=models.Q(basis=Basis.ANNOUNCED)
            ),
            models.Index(
                fields=["crossing", "effective_at"], name="report_ordered", condition=models.Q(basis=Basis.ORDERED)
            ),
        ]

    def __str__(self) -> str:
        return f"Report {self.pk}"


class Retraction(models.Model):
    """A report or reading taken back: a mistake is never edited away."""

    report = models.OneToOneField(Report, models.PROTECT, null=True, related_name="retraction")
    reading = models.OneToOneField("crossings.Reading", models.PROTECT, null=True, related_name="retraction")
    reason = models.CharField(max_length=500)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    source = models.ForeignKey("crossings.Source", models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="retracts_one_thing",
                condition=models.Q(report__isnull=True) ^ models.Q(reading__isnull=True),
            )
        ]


class Confirmation(models.Model):
    """That a report still held at a later time, `confirmed_at`."""

    report = models.ForeignKey(Report, models.PROTECT, related_name="confirmations")
    crossing = models.ForeignKey("crossings.Crossing", models.PROTECT, related_name="+")
    source = models.ForeignKey("crossings.Source", models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    how_known = WordField(HowKnown, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["report", "confirmed_at", "source"], name="a_confirmation_once")]
        indexes = [
            models.Index(fields=["crossing", "confirmed_at"], name="confirmation_by_crossing"),
            models.Index(fields=["crossing", "recorded_at"], name="confirmation_by_record"),
        ]


class Redaction(models.Model):
    """That named free-text fields were blanked everywhere they had been copied."""

    report = models.ForeignKey(Report, models.PROTECT, null=True, related_name="redactions")
    reading = models.ForeignKey("crossings.Reading", models.PROTECT, null=True, related_name="redactions")
    fields = models.JSONField()
    reason = models.CharField(max_length=500)
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
