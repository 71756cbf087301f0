"""What people who browse ask for, of the catalog in products.py."""

from __future__ import annotations

FILTERS = [
    f"/products?category={category}&attr.colour={colour}&max_price={price}&ordering=price"
    for category in ("kitchen", "living-gifts", "garden")
    for colour in ("red", "blue")
    for price in (100, 400)
]
SEARCHES = [
    f"/products?search={words}" for words in ("oak+bowl", "brass+lamp", "stonewear+jug", "wool", "mirr", "P000777")
]
"""Two words, a misspelt one, one that a twelfth of all products have, the beginning of one, a code."""
