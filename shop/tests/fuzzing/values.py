"""What the shop holds, as schemathesis takes it: it then also asks for what there is, and not for made-up ids alone."""

from __future__ import annotations

import json
from types import SimpleNamespace

PROBABILITY = 0.8


def written(shop: SimpleNamespace) -> str:
    """The part of schemathesis' configuration that names values."""
    orders = [shop.pending.id, shop.confirmed.id, shop.shipped.id, shop.guests.id]
    skus = ["MUG", "LAMP", "LAMP-BLUE", "VASE"]
    values = {
        "path.order_id": orders,
        "query.order_id": orders,
        "path.invoice_id": [shop.invoice.id, shop.guests_invoice.id],
        "query.invoice_id": [shop.invoice.id, shop.guests_invoice.id],
        "query.tracking_token": [shop.tracking_token],
        "path.sku": skus,
        "query.sku": skus,
        "body.items[*].sku": skus,
        "body.restock[*].sku": skus,
        "body.shipping.method": ["economic", "urgent"],
        "path.address_id": [shop.address.id],
        "path.image_id": [shop.image.id],
        "path.key": [shop.image.key],
        "path.import_id": [shop.imported.id],
        "query.category": [shop.category.id, shop.category.slug],
        "body.category": [shop.category.id, shop.category.slug],
        "body.parent_id": [shop.category.id, shop.category.slug],
    }
    named = {
        "/products": [shop.lamp.id, shop.lamp.slug, shop.product.id, shop.draft.id],
        "/categories": [shop.category.id, shop.category.slug],
    }
    lines = [*_dictionaries(values | named), "[parameters]", *(_binding(key, key) for key in values)]
    for path in named:
        pattern = f"^{path}/[{{]name[}}]"
        lines += ["[[operations]]", f"include-path-regex = {json.dumps(pattern)}", "[operations.parameters]"]
        lines.append(_binding("path.name", path))
    return "\n".join(lines) + "\n"


def _dictionaries(values: dict[str, list[object]]) -> list[str]:
    lines = []
    for key, these in values.items():
        lines += [f"[dictionaries.{json.dumps(key)}]", f"values = {json.dumps([str(one) for one in these])}"]
    return lines


def _binding(key: str, dictionary: str) -> str:
    return f"{json.dumps(key)} = {{ dictionary = {json.dumps(dictionary)}, probability = {PROBABILITY} }}"
