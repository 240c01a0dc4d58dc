from django.conf import settings
from django.db import models


class Bulletin(models.Model):
    """The table of chosen crossings as they were told to stand at an hour, just as it went out. Append-only by use:
    the next one of the same `name` marks what changed since.

    `rows` are the words of the table, a row for each road.
    """

    name = models.CharField(max_length=120)
    at = models.DateTimeField()
    rows = models.JSONField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["name", "-made_at"], name="bulletin_last")]

    def __str__(self) -> str:
        return f"Bulletin {self.pk}: {self.name}"
