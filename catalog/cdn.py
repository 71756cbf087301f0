"""The CDN in front of the shop window (CloudFront), told to forget what has changed.

With no CLOUDFRONT_DISTRIBUTION_ID there is none, and nothing to forget: whatever stands in front then asks again after
CATALOG_CDN_SECONDS. With one, every event is an invalidation of its own, in a burst too; CloudFront takes 15 with a
wildcard at a time, and those that it refuses come again with their message.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings

from catalog.models import Product, ProductSlug
from events import aws

LISTS = ("/products", "/products?*")


def forget_product(product_id: UUID, *, event_id: UUID) -> None:
    """Every page of lists, and the product by its id and all its slugs, with any query."""
    if not settings.CLOUDFRONT_DISTRIBUTION_ID:
        return
    slugs = Product.objects.filter(id=product_id).values_list("slug", flat=True)
    former = ProductSlug.objects.filter(product_id=product_id).order_by("slug").values_list("slug", flat=True)
    _forget([*LISTS, *(f"/products/{name}*" for name in (product_id, *slugs, *former))], event_id)


def forget_all_products(*, event_id: UUID) -> None:
    """For a product that is gone, with the slugs by which it could be found."""
    if settings.CLOUDFRONT_DISTRIBUTION_ID:
        _forget(["/products*"], event_id)


def _forget(paths: Sequence[str], event_id: UUID) -> None:
    # The same reference with the same paths is the same invalidation, however often it is asked for; with others,
    # because a slug has changed in between, it would be an error.
    reference = f"{event_id}-{hashlib.sha256(' '.join(paths).encode()).hexdigest()[:8]}"
    aws.client("cloudfront").create_invalidation(
        DistributionId=settings.CLOUDFRONT_DISTRIBUTION_ID,
        InvalidationBatch={"Paths": {"Quantity": len(paths), "Items": list(paths)}, "CallerReference": reference},
    )
