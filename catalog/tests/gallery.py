"""What the tests of images have in common: a product, uploads over HTTP, the bucket, and events delivered."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from catalog.models import Product
from catalog.products.services import VariantFacts, create_product
from catalog.tests.pictures import png
from events.models import Event
from events.tests import delivering
from storage import bucket


def a_product(code: str = "MUG", **facts: Any) -> Product:
    variants = [VariantFacts(sku=code, price=Decimal("12.90"), stock=3)]
    return create_product(**{"code": code, "name": code.title(), "variants": variants, "by": "test"} | facts)


def send(client: APIClient, product: Product, content: bytes | None = None, /, **parts: Any) -> Any:
    """Uploads `content`, a PNG by default, with other parts and with headers (`HTTP_…`)."""
    headers = {name: parts.pop(name) for name in list(parts) if name.startswith("HTTP_")}
    name = parts.pop("filename", "picture.png")
    if "image" not in parts:
        parts["image"] = SimpleUploadedFile(name, png() if content is None else content)
    return client.post(f"/products/{product.id}/images", parts, format="multipart", **headers)


def shown(client: APIClient, product: Product) -> list[dict[str, Any]]:
    """The product's images as the API shows them."""
    images: list[dict[str, Any]] = client.get(f"/products/{product.id}").json()["images"]
    return images


def objects(product: Product) -> list[str]:
    """The keys that lie in the bucket for the product."""
    return [key for page in bucket.pages(f"products/{product.id}/") for key in page]


def deliver(event: Event) -> None:
    delivering.deliver(event, "catalog")


def deliver_last(kind: str) -> Event:
    """Delivers the newest event of a type."""
    event = Event.objects.filter(type=kind).latest("id")
    deliver(event)
    return event
