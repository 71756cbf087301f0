"""What stands around the form on a product's page: where it leads to, what others did, and what the API shows."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from django.utils.safestring import SafeString

from accounts.rights import may_look_at
from catalog.admin.changes import history_url
from catalog.admin.shown import before_and_after, list_url, pretty
from catalog.images.services import MAX_IMAGES
from catalog.models import Change, Product
from catalog.products.presentation import products_json

SHOWN_CHANGES = 5


class Surroundings:
    """Asked by the templates, so that nothing is read for a page that is not shown."""

    accepts = ",".join(f"image/{kind}" for kind in ("jpeg", "png", "webp", "gif"))
    max_images = MAX_IMAGES

    def __init__(self, object_id: str, viewer: object) -> None:
        self.id = object_id
        self.viewer = viewer

    @property
    def links(self) -> list[tuple[str, str, str]]:
        """Icon, text, address."""
        product = Product.objects.filter(pk=self.id).first()
        if product is None:
            return []
        links = [
            ("difference", "Changes", history_url(self.id)),
            ("menu_book", "Stock ledger", list_url("catalog_stockmovement", variant__product__id__exact=self.id)),
        ]
        if may_look_at(self.viewer, "events"):
            links.insert(0, ("history", "Events", list_url("events_event", q=f"product/{self.id}")))
        if may_look_at(self.viewer, "orders"):
            orders = list_url("orders_order", lines__variant__product__id__exact=self.id)
            links.insert(0, ("shopping_cart", "Orders", orders))
        if product.status == Product.Status.ACTIVE:
            links.append(("storefront", "In the shop (JSON)", f"/products/{product.slug}"))
        return links

    @property
    def upload_url(self) -> str:
        return reverse("admin:catalog_product_add_images", args=[self.id])

    @property
    def history(self) -> list[tuple[Change, SafeString]]:
        rows = Change.objects.filter(subject_id=self.id)[:SHOWN_CHANGES]
        return [(row, before_and_after(row.changes)) for row in rows]

    @property
    def json(self) -> SafeString:
        found = list(products_json([UUID(self.id)]).values())
        return pretty(found[0]) if found else SafeString("")
