"""How far the sending of mails is behind."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from api.ids import earliest_id
from notifications.models import Mail

LOOKED_BACK = timedelta(days=3)


def longest() -> timedelta:
    """How long the oldest mail that SES has not taken has been waiting, of those of the last days."""
    queued = Mail.objects.filter(id__gte=earliest_id(LOOKED_BACK), status=Mail.Status.QUEUED)
    oldest = queued.order_by("id").values_list("created_at", flat=True).first()
    return timezone.now() - oldest if oldest else timedelta(0)
