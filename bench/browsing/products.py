"""Makes a catalog of any size: the same products each time, for `bench/catalog.py`.

Written straight into the tables by COPY, then worked out by the shop's own `derived.refresh`, so that a hundred
thousand take a minute. What they are like:

- 4 roots with 6 categories each; nine products in ten hang in one of the 24.
- A name is an adjective, a material and a noun (20 × 12 × 24 of them, and a number where that is not enough); a
  description has 30 words out of 2,000, of which the first are far more frequent than the last, as in a language.
- One to three variants with a price of 1.00 to 500.00, one in twenty of them sold out; `colour` (10) and `size` (8) as
  attributes; up to two images, with a thumbnail each (rows only: nothing lies in the bucket).
- 97 of 100 are active. Created a minute after each other.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from catalog.products import derived


def _words(text: str) -> list[str]:
    return text.split()


ADJECTIVES = _words(
    "small large round square deep shallow heavy light plain striped folding hanging narrow wide old new soft firm "
    "matt glossy"
)
MATERIALS = _words("oak ash linen wool cotton steel copper brass glass stoneware leather cork")
NOUNS = _words(
    "bowl mug plate jug lamp chair stool table shelf box basket tray blanket cushion towel apron knife board pan pot "
    "clock mirror vase hook"
)
ROOTS = ("Kitchen", "Living", "Garden", "Workshop")
BRANCHES = ("Everyday", "Gifts", "Classics", "Outlet", "Travel", "Children")
COLOURS = _words("red blue green black white grey yellow orange brown pink")
SYLLABLES = _words("ba be bi bo bu da de di do du ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu")
WORDS = [first + second + third for first in SYLLABLES[:10] for second in SYLLABLES for third in SYLLABLES[:7]][:2000]
FREQUENT = [1 / (place + 5) for place in range(len(WORDS))]
OPENED = datetime(2020, 1, 1, tzinfo=UTC)
STEP = 2000
TABLES = {
    "catalog_category": "id, name, slug, parent_id, version",
    "catalog_product": (
        "id, code, name, slug, description, model, product_url, status, category_id, tax_rate, currency, price,"
        " attributes, version, created_at, updated_at"
    ),
    "catalog_variant": "id, product_id, sku, price, stock, attributes",
    "catalog_productimage": (
        "id, product_id, position, alt, key, thumbnail_key, content_type, width, height, size, sha256, created_at"
    ),
}


def make(count: int) -> None:
    """Empties the catalog and fills it with `count` products. For a database of the bench's own alone."""
    chance = random.Random(count)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE catalog_category, catalog_product, catalog_searchword CASCADE")
    leaves = [id for id, *_, parent, _ in _copy("catalog_category", list(_categories())) if parent]
    for start in range(0, count, STEP):
        products = [_product(chance, number, leaves) for number in range(start, min(start + STEP, count))]
        with transaction.atomic():
            for table in ("catalog_product", "catalog_variant", "catalog_productimage"):
                _copy(table, [row for rows in products for row in rows[table]])
            derived.refresh([rows["catalog_product"][0][0] for rows in products])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _categories() -> Iterator[tuple[Any, ...]]:
    for place, root in enumerate(ROOTS):
        parent = UUID(int=(1 << 100) + place)
        yield parent, root, root.lower(), None, 1
        for number, branch in enumerate(BRANCHES):
            name = f"{root} {branch}"
            yield UUID(int=(2 << 100) + 10 * place + number), name, name.lower().replace(" ", "-"), parent, 1


def _product(chance: random.Random, number: int, leaves: list[UUID]) -> dict[str, list[tuple[Any, ...]]]:
    id, at = UUID(int=(3 << 100) + number), OPENED + timedelta(minutes=number)
    words = [chance.choice(ADJECTIVES), chance.choice(MATERIALS), chance.choice(NOUNS)]
    name = f"{' '.join(words).capitalize()} {number}"
    price = Decimal(chance.randrange(100, 50_001)) / 100
    colours = chance.sample(COLOURS, chance.choice((1, 1, 2, 3)))
    status = "active" if chance.random() < 0.97 else "draft"
    category = chance.choice(leaves) if chance.random() < 0.9 else None
    attributes = f'{{"size": {chance.randrange(1, 9)}}}'
    text = " ".join(chance.choices(WORDS, FREQUENT, k=30)).capitalize() + "."
    slug, code = name.lower().replace(" ", "-"), f"P{number:06}"
    product = (id, code, name, slug, text, "", "", status, category, Decimal("19.00"), "EUR", 0, attributes, 1, at, at)
    variants = [
        (
            UUID(int=(4 << 100) + 8 * number + place),
            id,
            f"{code}-{place}" if place else code,
            price + place,
            0 if chance.random() < 0.05 else chance.randrange(1, 200),
            f'{{"colour": "{colour}"}}',
        )
        for place, colour in enumerate(colours)
    ]
    images = []
    for place in range(chance.choice((0, 1, 1, 2))):
        key = f"products/{id}/{place}"
        stored = (f"{key}.jpg", f"{key}.thumb.webp", "image/jpeg", 1200, 900, 180_000, "0" * 64, at)
        images.append((UUID(int=(5 << 100) + 8 * number + place), id, place, name, *stored))
    return {"catalog_product": [product], "catalog_variant": variants, "catalog_productimage": images}


def _copy(table: str, rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({TABLES[table]}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    return rows
