"""Publishes again what the emulator forgot when it was killed: `python -m local.lost`.

SQS itself loses nothing, so production has no such step. Events that a consumer has done with are left alone, and the
inbox keeps any that come twice from being handled twice.
"""

from __future__ import annotations

import os
from datetime import timedelta
from uuid import UUID

import django
from django.db.models import Exists, OuterRef
from django.utils import timezone


def publish_lost(within: timedelta = timedelta(days=1)) -> int:
    """Gives the relay every recent event that a consumer has no finished receipt for; returns how many."""
    from django.conf import settings

    from events import again
    from events.models import Event, Inbox

    lost: set[UUID] = set()
    for consumer, handlers in settings.EVENT_SUBSCRIPTIONS.items():
        done = Inbox.objects.filter(consumer=consumer, event_id=OuterRef("id"), done_at__isnull=False)
        events = Event.objects.filter(
            type__in=handlers, time__gte=timezone.now() - within, published_at__isnull=False
        ).exclude(Exists(done))
        lost.update(events.values_list("id", flat=True))
    return again.to_all(events=Event.objects.filter(id__in=lost))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    django.setup()
    print(publish_lost())
