"""What the catalog does when one of its products has changed. The CDN comes last: it may ask for the new at once."""

from __future__ import annotations

from uuid import UUID

from catalog import cdn
from catalog.events import ProductDeleted, ProductEvent, StockChanged
from catalog.images import sweep, thumbnails
from events.envelope import Received


def follow_product(received: Received[ProductEvent]) -> None:
    """Makes the thumbnails that the product's images lack, and has the CDN forget the product and the lists."""
    product_id = UUID(received.event.product_id)
    thumbnails.make_missing(product_id)
    cdn.forget_product(product_id, event_id=received.id)


def forget_product(received: Received[ProductDeleted]) -> None:
    """Deletes the images of a product that is gone from the bucket, and has the CDN forget the product.

    One that was archived keeps its images.
    """
    product_id = UUID(received.event.product_id)
    if received.event.archived:
        cdn.forget_product(product_id, event_id=received.id)
        return
    sweep.delete_product(product_id)
    cdn.forget_all_products(event_id=received.id)


def follow_stock(received: Received[StockChanged]) -> None:
    """Has the CDN forget the product whose stock was set right."""
    cdn.forget_product(UUID(received.event.product_id), event_id=received.id)
