from django.conf import settings
from django.db import models


class Paste(models.Model):
    """A forwarded message or a piece of press text, kept for staff only, without telephone numbers and names.

    `informant` is the role of whoever told us, never a name. `taken_out` counts what was left out before it was kept,
    by kind. `reports` are those logged from it.
    """

    text = models.TextField()
    informant = models.CharField(max_length=200, blank=True)
    taken_out = models.JSONField(default=dict)
    pasted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    pasted_at = models.DateTimeField()
    crossing = models.ForeignKey("crossings.Crossing", models.PROTECT, null=True, related_name="pastes")
    reports = models.ManyToManyField("crossings.Report", related_name="pastes")

    class Meta:
        indexes = [models.Index(fields=["-pasted_at"], name="paste_newest")]

    def __str__(self) -> str:
        return f"Pasted text {self.pk}"
