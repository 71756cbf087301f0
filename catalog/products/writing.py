"""The one way in which products come to be and are changed, one at a time or many: `write`.

Whoever changes products holds their variants' locks and then their own, in this order, as an order does that sells the
last unit. What is told of each product follows from its JSON before and after: a change that changes nothing leaves no
trace, no version, event or audit row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from api.problems import Invalid, NotFound
from catalog import audit, stock
from catalog.errors import VariantOrdered
from catalog.events import ProductCreated, ProductUpdated
from catalog.models import Change, Product, ProductSlug, StockMovement, Variant
from catalog.products import derived
from catalog.products.presentation import products_json
from events.outbox import record_all

MAX_TOLD = 200_000
"""Bytes of a product's JSON: events carry it, and one message takes 256 KiB (SNS, SQS, EventBridge)."""

New = tuple[Product, Sequence[Variant]]
Work = Callable[[dict[UUID, Product]], None]
"""Changes the products, which are locked, and their variants in the database."""


class TooLarge(Invalid):
    """Products whose JSON no event could carry."""

    def __init__(self, ids: Collection[UUID]) -> None:
        super().__init__("", "too_large", f"Texts and attributes together take more than {MAX_TOLD} bytes.")
        self.ids = ids


def write(
    *, by: str, new: Sequence[New] = (), ids: Collection[UUID] = (), work: Work = lambda products: None
) -> set[UUID]:
    """Makes the `new` products, runs `work` on those of `ids`, and gives the ids of all that are not as they were.

    In the caller's transaction, and in a number of queries that does not depend on how many they are. Raises NotFound,
    TooLarge, and the database's IntegrityError, after which nothing is written and the transaction can go on.
    """
    products = lock(ids)
    before = products_json(ids, expand=["variants"]) if ids else {}
    with transaction.atomic():
        _insert(new, by)
        work(products)
    made = {product.id for product, _ in new}
    derived.refresh([*made, *ids])
    after = products_json([*made, *ids], expand=["variants"])
    changes = {id: audit.differences(before.get(id, {}), after[id]) for id in after}
    told = {id for id, found in changes.items() if found}
    Product.objects.filter(id__in=told - made).update(version=F("version") + 1, updated_at=timezone.now())
    bodies = products_json(told)
    _check_size(bodies)
    audit.note_all(
        audit.line(
            kind="product",
            subject_id=id,
            name=body["name"],
            action=Change.Action.CREATED if id in made else Change.Action.UPDATED,
            changes=changes[id],
            by=by,
        )
        for id, body in bodies.items()
    )
    record_all(
        ProductCreated(product_id=body["id"], code=body["code"], product=body)
        if id in made
        else ProductUpdated(product_id=body["id"], code=body["code"], changed=list(changes[id]), product=body)
        for id, body in bodies.items()
    )
    return told


def lock(ids: Collection[UUID]) -> dict[UUID, Product]:
    """Locks products, their variants first. Raises NotFound."""
    stock.lock_products(ids)
    rows = Product.objects.filter(id__in=list(ids)).order_by("id").select_for_update(no_key=True)
    products = {product.id: product for product in rows}
    if len(products) < len(set(ids)):
        raise NotFound("There is no such product.")
    return products


def add_variants(variants: Iterable[Variant], *, by: str) -> None:
    """Inserts variants of products that stand, each with the first line of its ledger."""
    variants = list(variants)
    for variant in variants:
        variant.product_id = variant.product.id
    Variant.objects.bulk_create(variants)
    stock.open_ledger(variants, by=by)


def change_variants(variants: Iterable[Variant]) -> None:
    """Writes those of locked products' variants that are not as their rows are, and of their fields what differs.

    Not the stock: to write back the number that was read would undo a sale. Raises NotFound where one is gone.
    """
    wanted = {variant.id: variant for variant in variants}
    there = Variant.objects.in_bulk(wanted)
    if gone := wanted.keys() - there.keys():
        raise NotFound(f"There is no variant {', '.join(sorted(wanted[id].sku for id in gone))} any more.")
    fields = {id: _fields_that_differ(variant, there[id]) for id, variant in wanted.items()}
    if written := set().union(*fields.values()):
        Variant.objects.bulk_update([wanted[id] for id in wanted if fields[id]], sorted(written))


def remove_variants(variants: Iterable[Variant]) -> None:
    """Raises VariantOrdered (409)."""
    rows = Variant.objects.filter(id__in=[variant.id for variant in variants])
    of_orders = StockMovement.objects.filter(variant=OuterRef("pk"), reason=StockMovement.Reason.ORDER)
    ordered = rows.filter(Exists(of_orders)).order_by("id").values_list("sku", flat=True).first()
    if ordered is not None:
        raise VariantOrdered(f"{ordered} was ordered, and orders point to it.")
    rows.delete()


def _fields_that_differ(variant: Variant, there: Variant) -> set[str]:
    fields = {name for name in ("sku", "price", "low_stock") if getattr(variant, name) != getattr(there, name)}
    # As JSON: to Python 1, 1.0 and true are equal.
    if _json(variant.attributes) != _json(there.attributes):
        fields.add("attributes")
    return fields


def _json(attributes: dict[str, Any]) -> str:
    return json.dumps(attributes, sort_keys=True)


def _insert(new: Sequence[New], by: str) -> None:
    if not new:
        return
    # The slug that a product has now is no other product's former one.
    ProductSlug.objects.filter(slug__in=[product.slug for product, _ in new]).delete()
    Product.objects.bulk_create(product for product, _ in new)
    add_variants([variant for _, variants in new for variant in variants], by=by)


def _check_size(bodies: dict[UUID, dict[str, Any]]) -> None:
    if too_large := {id for id, body in bodies.items() if len(json.dumps(body)) > MAX_TOLD}:
        raise TooLarge(too_large)
