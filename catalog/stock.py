"""Stock: the one place where a variant's number changes, always together with a line of the ledger.

Every change locks its variants first, in SKU order, in one statement (PostgreSQL sorts before it locks). Two orders for
the same SKUs in another order therefore wait for each other and never deadlock; the second one sees what the first has
left. The lock is FOR NO KEY UPDATE: it holds off other changes, not the foreign keys of order lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from uuid_utils.compat import uuid7

from api.postgresql.statements import rows_of
from catalog.errors import InsufficientStock, OutOfStock, ProductNotFound, StockTooLarge
from catalog.events import StockChanged, StockLow
from catalog.models import Product, StockMovement, Variant
from events.outbox import record, record_all

MAX_STOCK = 1_000_000_000
"""Far above any shop's shelf, and so far below the column's limit that what orders give back always fits."""

Reason = StockMovement.Reason


class Stocked(Protocol):
    """A locked variant, as `Variant` and `Sold` both are."""

    id: UUID
    product_id: UUID
    sku: str
    stock: int
    low_stock: int | None


@dataclass(slots=True)
class Sold:
    """What an order needs to know of a variant; `stock` is what is left of it, in units.

    From `name` on it is its product's.
    """

    id: UUID
    product_id: UUID
    sku: str
    price: Decimal
    stock: int
    low_stock: int | None
    name: str
    currency: str
    tax_rate: Decimal
    status: str


LOCK_FOR_SALE = """
SELECT v.id, v.product_id, v.sku, v.price, v.stock, v.low_stock, p.name, p.currency, p.tax_rate, p.status
FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
WHERE v.sku = ANY(%s::text[]) ORDER BY v.sku FOR NO KEY UPDATE OF v
"""
"""Where it waits, PostgreSQL reads `v` anew but joins the `p` of before: good enough to refuse by, not to sell by."""


def take(*, items: Mapping[str, int], order_id: UUID, by: str) -> dict[str, Sold]:
    """Takes each SKU's quantity for an order, all or none, and says what was sold.

    Quantities are units, at least 1; SKUs come in capitals. Raises ProductNotFound (404) and OutOfStock (409), each for
    all SKUs concerned. Works in the caller's transaction, which holds the variants' locks until it ends: call it late,
    and undo it all where this raises.
    """
    sold = {row[2]: Sold(*row) for row in rows_of(LOCK_FOR_SALE, [list(items)])}
    _require_for_sale(items, sold)
    short: list[dict[str, str | int]] = [
        {"sku": sku, "requested": items[sku], "available": variant.stock}
        for sku, variant in sold.items()
        if variant.stock < items[sku]
    ]
    if short:
        raise OutOfStock(short)
    deltas = {sku: -quantity for sku, quantity in items.items()}
    products = _move(sold, deltas, Reason.ORDER, order_id=order_id, by=by)
    for variant in sold.values():
        variant.name, variant.currency, variant.tax_rate, variant.status = products[variant.id]
    _require_for_sale(items, sold)
    return sold


def _require_for_sale(items: Iterable[str], sold: Mapping[str, Sold]) -> None:
    for_sale = {sku for sku, variant in sold.items() if variant.status == Product.Status.ACTIVE}
    if missing := set(items) - for_sale:
        raise ProductNotFound(missing)


def give_back(*, items: Mapping[str, int], order_id: UUID, by: str, returned: bool = False) -> None:
    """Puts back what `take` took for an order, also for a product that is no longer for sale.

    The ledger calls it a cancel, or a return where the goods had been sold.
    """
    _move(_locked(items), items, Reason.RETURN if returned else Reason.CANCEL, order_id=order_id, by=by)


@transaction.atomic
def adjust(*, sku: str, delta: int, reason: str, by: str) -> Variant:
    """Changes a variant's stock by `delta` units, as staff says, and gives the variant with its product joined.

    `reason` is a few words; `received` and `correction` are kept as the ledger's own kinds. Raises ProductNotFound
    (404), InsufficientStock (409) where less than nothing would be left, and StockTooLarge (409).
    """
    variant = _locked([sku]).get(sku)
    if variant is None:
        raise ProductNotFound([sku])
    if variant.stock + delta < 0:
        raise InsufficientStock(
            f"There are {variant.stock} of {sku}; {-delta} cannot go.",
            items=[{"sku": sku, "requested": -delta, "available": variant.stock}],
        )
    if variant.stock + delta > MAX_STOCK:
        raise StockTooLarge(f"A stock is at most {MAX_STOCK}.")
    kind = Reason.RECEIVED if reason == Reason.RECEIVED else Reason.CORRECTION
    _move({sku: variant}, {sku: delta}, kind, by=by, note="" if reason == kind else reason)
    record(StockChanged(product_id=str(variant.product_id), sku=sku, delta=delta, balance=variant.stock, reason=reason))
    return variant


@transaction.atomic
def count(*, items: Mapping[str, int], reason: str, by: str) -> None:
    """Sets each SKU's stock to the units that were counted, whatever it was; `reason` is a few words for the ledger.

    SKUs come in capitals, units from 0 to `MAX_STOCK`. A number that is right already is no change. Raises
    ProductNotFound (404).
    """
    variants = _locked(items)
    if missing := items.keys() - variants.keys():
        raise ProductNotFound(missing)
    deltas = {sku: units - variants[sku].stock for sku, units in items.items() if units != variants[sku].stock}
    if not deltas:
        return
    _move(variants, deltas, Reason.CORRECTION, by=by, note=reason)
    record_all(
        StockChanged(
            product_id=str(variants[sku].product_id),
            sku=sku,
            delta=delta,
            balance=variants[sku].stock,
            reason=reason,
        )
        for sku, delta in sorted(deltas.items())
    )


def open_ledger(variants: Iterable[Variant], *, by: str) -> None:
    """The first ledger line of variants that were just made with a stock, so that the ledger's sum is the stock."""
    StockMovement.objects.bulk_create(
        StockMovement(variant=variant, delta=variant.stock, balance=variant.stock, reason=Reason.RECEIVED, by=by)
        for variant in variants
        if variant.stock
    )


def lock_products(ids: Iterable[UUID]) -> None:
    """Locks all variants of products that are about to be written, in the same order as everybody else."""
    rows = Variant.objects.filter(product_id__in=list(ids)).order_by("sku").values_list("id")
    list(rows.select_for_update(no_key=True))


def _locked(skus: Iterable[str]) -> dict[str, Variant]:
    rows = Variant.objects.filter(sku__in=list(skus)).select_related("product").order_by("sku")
    return {variant.sku: variant for variant in rows.select_for_update(of=("self",), no_key=True)}


MOVE = """
WITH change AS (
    SELECT * FROM unnest(%(id)s::uuid[], %(variant)s::uuid[], %(delta)s::int[]) AS c (id, variant_id, delta)
), moved AS (
    UPDATE catalog_variant AS v SET stock = v.stock + change.delta
    FROM change WHERE v.id = change.variant_id RETURNING v.id AS variant_id, v.product_id, v.stock
), ledger AS (
    INSERT INTO catalog_stockmovement (id, variant_id, delta, balance, reason, order_id, "by", note, created_at)
    SELECT change.id, change.variant_id, change.delta, moved.stock,
        %(reason)s, %(order)s::uuid, %(by)s, %(note)s, %(at)s::timestamptz
    FROM change JOIN moved USING (variant_id)
)
SELECT moved.variant_id, p.name, p.currency, p.tax_rate, p.status
FROM moved JOIN catalog_product p ON p.id = moved.product_id
"""


def _move(
    variants: Mapping[str, Stocked],
    deltas: Mapping[str, int],
    reason: StockMovement.Reason,
    *,
    by: str,
    order_id: UUID | None = None,
    note: str = "",
) -> dict[UUID, tuple[str, str, Decimal, str]]:
    """One statement for all numbers and their lines in the ledger; the table's CHECK guards the lock above.

    Gives name, currency, tax rate and status of each variant's product. The statement begins once the variants are
    locked, and who changes a product locks them first: these go with the variants' prices, whatever was waited for.
    """
    moved = [variants[sku] for sku in sorted(deltas)]
    rows = rows_of(
        MOVE,
        {
            "id": [uuid7() for _ in moved],
            "variant": [variant.id for variant in moved],
            "delta": [deltas[variant.sku] for variant in moved],
            "reason": str(reason),
            "order": order_id,
            "by": by,
            "note": note,
            "at": timezone.now(),
        },
    )
    if len(rows) != len(moved):
        raise RuntimeError(f"The stock of {', '.join(sorted(deltas))} changed under its lock.")
    for variant in moved:
        variant.stock += deltas[variant.sku]
    _keep_in_stock(moved, deltas)
    _tell_of_low(moved, deltas)
    return {id: (name, currency, tax_rate, status) for id, name, currency, tax_rate, status in rows}


def _keep_in_stock(variants: Iterable[Stocked], deltas: Mapping[str, int]) -> None:
    """Writes `Product.in_stock` anew, only where a variant sold out or came back: hot products stay untouched.

    The products are locked first, in a statement of its own, so that the update after it sees what the other
    variants' transactions have committed meanwhile.
    """
    crossed = {v.product_id for v in variants if v.stock == 0 or v.stock == deltas[v.sku]}
    if not crossed:
        return
    products = Product.objects.filter(id__in=crossed)
    list(products.order_by("id").select_for_update(no_key=True).values_list("id"))
    stocked = Exists(Variant.objects.filter(product=OuterRef("pk"), stock__gt=0))
    products.exclude(in_stock=stocked).update(in_stock=stocked)


def _tell_of_low(variants: Iterable[Stocked], deltas: Mapping[str, int]) -> None:
    """Under the variants' locks: of several that take from one, the one that crosses its threshold tells, once."""
    record_all(
        StockLow(product_id=str(one.product_id), sku=one.sku, balance=one.stock, threshold=one.low_stock)
        for one in variants
        if one.low_stock is not None and one.stock <= one.low_stock < one.stock - deltas[one.sku]
    )
