"""What is there before anybody orders: products with known ids, and as many orders as asked for."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import psycopg
from django.db import connection
from django.utils import timezone

FIRST = 100_000
"""The number of the first product: six digits, which its SKU and its ids end with."""
STOCK = 100_000_000
STEP = 50_000
NEWEST = 5_000  # of the orders made, those that are still pending

# Each made row is a copy of one that the shop wrote for a sample, so that it has what the shop writes. `n` counts the
# orders back into the past, ten minutes after each other; their ids and their times have one order, as in a shop.
WHEN = "now() - %(before)s * interval '1 minute' - n * interval '10 minutes'"
MOMENT = "lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0')"
UUID_AT = f"({MOMENT} || '7{{mark}}8000' || lpad(to_hex(n), 12, '0'))::uuid"
ORDERS = f"""
SELECT n, at, {UUID_AT.format(mark="000")} AS id,
    CASE WHEN n <= {NEWEST} THEN 'pending' ELSE 'confirmed' END AS status,
    lpad((n * 7919 %% %(products)s + {FIRST})::text, 6, '0') AS first,
    lpad(((n * 7919 + 1 + n %% 997) %% %(products)s + {FIRST})::text, 6, '0') AS second
FROM generate_series(%(start)s::bigint, %(end)s::bigint) AS n, LATERAL (SELECT {WHEN} AS at) AS t
"""  # noqa: S608
MADE = {
    "orders_order": """
        jsonb_build_object('id', o.id, 'number', 'old-' || o.n, 'status', o.status, 'created_at', o.at,
            'updated_at', o.at, 'email', 'old-' || o.n %% 200000 || '@bench.example.com')
    """,
    "orders_orderline": """
        jsonb_build_object('id', nextval('orders_orderline_id_seq'), 'order_id', o.id,
            'sku', 'S' || CASE made_of.position WHEN 1 THEN o.first ELSE o.second END, 'variant_id',
            'bbbbbbbb-0000-7000-8000-000000' || CASE made_of.position WHEN 1 THEN o.first ELSE o.second END)
    """,
    "orders_orderhistory": """
        jsonb_build_object('id', nextval('orders_orderhistory_id_seq'), 'order_id', o.id, 'at', o.at)
    """,
    "catalog_stockmovement": f"""
        jsonb_build_object('id', CASE made_of.variant_id WHEN %(variant)s THEN {UUID_AT.format(mark="001")}
            ELSE {UUID_AT.format(mark="002")} END, 'order_id', o.id, 'created_at', o.at, 'variant_id',
            'bbbbbbbb-0000-7000-8000-000000' || CASE made_of.variant_id WHEN %(variant)s THEN o.first ELSE o.second END)
    """,
    "events_event": f"""
        jsonb_build_object('id', {UUID_AT.format(mark="003")}, 'subject', 'order/' || o.id, 'time', o.at,
            'published_at', o.at, 'position', o.n, 'data', made_of.data || jsonb_build_object('order_id', o.id))
    """,
}
SAMPLE = dict.fromkeys(MADE, "order_id = %(sample)s") | {
    "orders_order": "id = %(sample)s",
    "events_event": "subject = 'order/' || %(sample)s::text",
}
CONFIRMED = f"""
INSERT INTO orders_orderhistory (order_id, status, at, by, reason)
SELECT o.id, 'confirmed', o.at + interval '1 minute', 'staff@example.com', '' FROM ({ORDERS}) o
WHERE o.status = 'confirmed'
"""  # noqa: S608
TAKEN = """
UPDATE catalog_variant v SET stock = ledger.units
FROM (SELECT variant_id, sum(delta) AS units FROM catalog_stockmovement GROUP BY 1) ledger
WHERE ledger.variant_id = v.id AND v.stock <> ledger.units
"""


def make_products(count: int) -> None:
    """Product number n has the SKU S<n>, and ids that end with n. Each costs 12.90 with 19 % in it."""
    from catalog import stock
    from catalog.models import Product, Variant
    from catalog.products import derived

    numbers = range(FIRST, FIRST + count)
    products = [
        Product(
            id=_id("aaaaaaaa", number),
            code=f"S{number}",
            slug=f"s{number}",
            name=f"Oak bowl {number}",
            status="active",
            tax_rate=Decimal(19),
            currency="EUR",
            created_at=timezone.now(),
        )
        for number in numbers
    ]
    variants = [
        Variant(
            id=_id("bbbbbbbb", number),
            product_id=_id("aaaaaaaa", number),
            sku=f"S{number}",
            price=Decimal("12.90"),
            stock=STOCK,
        )
        for number in numbers
    ]
    Product.objects.bulk_create(products, 1000)
    Variant.objects.bulk_create(variants, 1000)
    stock.open_ledger(variants, by="bench")
    for start in range(0, count, 1000):
        derived.refresh([product.id for product in products[start : start + 1000]])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def make_orders(count: int, *, like: UUID, products: int, database: str) -> None:
    """Adds `count` orders like the one with that id: two lines, two lines of history and of the ledger, an event each.

    Foreign keys are not looked up (`session_replication_role`), constraints are; no index or constraint is dropped. The
    stock is what the ledger says afterwards, and the planner knows of the rows.
    """
    with psycopg.connect(database, autocommit=True) as db:
        first = db.execute(
            "SELECT variant_id FROM orders_orderline WHERE order_id = %s ORDER BY position LIMIT 1", [like]
        ).fetchone()
        facts = {"sample": like, "variant": first and first[0], "products": products, "before": 60}
        db.execute("SET session_replication_role = replica")
        for start in reversed(range(1, count + 1, STEP)):  # the oldest first, as in a shop
            span = facts | {"start": start, "end": min(start + STEP - 1, count)}
            with db.transaction():
                for table, values in MADE.items():
                    db.execute(_insert(table, values), span)
                db.execute(CONFIRMED, span)
        db.execute(TAKEN)
        db.execute("VACUUM ANALYZE")
        db.execute("CHECKPOINT")


def _insert(table: str, values: str) -> str:
    """`jsonb_populate_record` takes what `values` does not name from the sample's own row."""
    return (
        f"INSERT INTO {table} SELECT made.* FROM ({ORDERS}) o, {table} made_of,"  # noqa: S608
        f" LATERAL jsonb_populate_record(made_of, {values}) made WHERE made_of.{SAMPLE[table]} ORDER BY o.n DESC"
    )


def _id(kind: str, number: int) -> UUID:
    return UUID(f"{kind}-0000-7000-8000-{number:012}")
