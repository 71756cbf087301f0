"""What lies in the bucket and belongs to no image: left by a crash, or by an outage of S3 at the moment of deletion.

A key is never given to a second image, so that what once belongs to nobody does for ever.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from catalog.images import keys
from catalog.models import ProductImage
from storage import bucket

MIN_AGE = timedelta(days=1)
"""An upload is stored before its row is written, and is nobody's until then."""


def delete_product(product_id: UUID) -> None:
    """All objects of a product that is gone."""
    for page in bucket.pages(keys.of_product(product_id)):
        bucket.delete(page)


def sweep_page(*, after: str, now: datetime) -> str:
    """Deletes what belongs to nobody among the next 1000 keys after `after`; returns the last of them, or nothing.

    Leaves alone what is younger than a day, and keys that were not made by `keys.py`.
    """
    page = next(bucket.pages(keys.PREFIX, after=after), {})
    owners = {
        key: owner[1]
        for key, stored in page.items()
        if stored < now - MIN_AGE and (owner := keys.owner(key)) is not None
    }
    there = set(ProductImage.objects.filter(id__in=set(owners.values())).values_list("id", flat=True))
    bucket.delete([key for key, image_id in owners.items() if image_id not in there])
    return max(page, default="")
