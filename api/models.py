from __future__ import annotations

from django.db import models


class IdempotencyKey(models.Model):
    """The answer that was given under an `Idempotency-Key`; the row commits with the work that it guards."""

    caller = models.CharField(max_length=320, help_text="A user's id, or a guest's e-mail address.")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and canonical body.")
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["caller", "key"], name="idempotency_key_per_caller")]

    def __str__(self) -> str:
        return self.key
