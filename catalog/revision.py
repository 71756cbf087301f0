"""How often the catalog has changed: a number that costs nobody a lock, and tells a reader that what it has is fresh.

A trigger on each of the catalog's tables counts the statements that write them, in a row of `catalog_revision` that no
other transaction holds; the sum over the few rows is the revision. It is part of the transaction: whoever reads the
revision first, and the rows afterwards, has rows at least that new. See migration 0002.
"""

from __future__ import annotations

from api.postgresql.statements import rows_of


def current() -> int:
    return int(rows_of("SELECT sum(changes)::bigint FROM catalog_revision", {})[0][0])
