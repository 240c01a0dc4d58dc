from django.db import models


class ApiKey(models.Model):
    """A partner's key: 256 bits, kept as its hash; the prefix tells keys apart without giving them away."""

    prefix = models.CharField(max_length=12, unique=True)
    hash = models.CharField(max_length=64)
    name = models.CharField(max_length=200, blank=True)
    source = models.ForeignKey("crossings.Source", models.PROTECT, related_name="keys")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name or self.source.slug})"
