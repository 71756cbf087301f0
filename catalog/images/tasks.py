"""What beat asks of the images."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from catalog.images import sweep


@shared_task
def sweep_images(after: str = "") -> None:
    """Deletes what belongs to no image, a page of keys in each task: one task would run out of time in a large shop.

    Safe to run at any time, and twice.
    """
    if last := sweep.sweep_page(after=after, now=timezone.now()):
        sweep_images.delay(after=last)
