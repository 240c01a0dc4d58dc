from __future__ import annotations

import logging
from datetime import datetime

from django.db import IntegrityError, models, transaction

from crossings.models.raw_batch import RawBatch
from crossings.models.source import Source

log = logging.getLogger(__name__)

MOST_LINES = 20
AND_MORE = "And more: look at the reports of this source."


class Alarm(models.Model):
    """Something a person has to look at: raised once, cleared once, kept."""

    class Kind(models.TextChoices):
        QUIET = "quiet", "the source has gone quiet"
        FAILING = "failing", "the source keeps failing"
        POISON = "poison", "a batch was set aside after five tries"
        MASSIVE = "massive", "many crossings tightened or loosened at once"
        UNLIKE = "unlike", "a batch unlike those before it"
        ODD_TIME = "odd_time", "published at once, though its time can hardly be right"

    kind = models.CharField(max_length=10, choices=Kind)
    source = models.ForeignKey("crossings.Source", models.CASCADE, related_name="alarms")
    batch = models.ForeignKey("crossings.RawBatch", models.SET_NULL, null=True, related_name="alarms")
    detail = models.TextField()
    raised_at = models.DateTimeField()
    told_at = models.DateTimeField(help_text="When something was last added to it.")
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-raised_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "source"], name="one_alarm_at_a_time", condition=models.Q(cleared_at=None)
            )
        ]

    @classmethod
    def sound(cls, kind: str, source: Source, detail: str, now: datetime, batch: RawBatch | None = None) -> bool:
        """Raise it, unless it is raised already. Whether it is new."""
        try:
            with transaction.atomic():
                cls.objects.create(kind=kind, source=source, detail=detail, raised_at=now, told_at=now, batch=batch)
        except IntegrityError:
            return False
        log.error("Alarm: %s, source %s: %s", cls.Kind(kind).label, source.slug, detail)
        return True

    @classmethod
    def sound_also(cls, kind: str, source: Source, line: str, now: datetime) -> None:
        """Raise it; where it is raised already, add a line to it. For callers that hold the source's lock."""
        raised = cls.objects.filter(kind=kind, source=source, cleared_at=None).first()
        if raised is None:
            cls.sound(kind, source, line, now)
            return
        lines = raised.detail.splitlines()
        if len(lines) <= MOST_LINES:
            raised.detail = "\n".join([*lines, line if len(lines) < MOST_LINES else AND_MORE])
        raised.told_at = now
        raised.save(update_fields=["detail", "told_at"])
        log.error("Alarm: %s, source %s: %s", cls.Kind(kind).label, source.slug, line)

    @classmethod
    def clear(cls, kind: str, source: Source, now: datetime) -> None:
        if cls.objects.filter(kind=kind, source=source, cleared_at=None).update(cleared_at=now):
            log.warning("Alarm over: %s, source %s", cls.Kind(kind).label, source.slug)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.source.slug})"
