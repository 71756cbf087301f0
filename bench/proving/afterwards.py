"""What must hold when the load is over, read from the database and from PostgreSQL's log."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg

from bench.proving.report import Check

BAD = re.compile(r"(?<=\] )(?:ERROR|FATAL|PANIC):(?!  canceling autovacuum task).*")  # that one made way for a bench
STOCK = """
SELECT count(*), count(*) FILTER (WHERE v.stock < 0), count(*) FILTER (WHERE v.stock <> COALESCE(ledger.units, 0))
FROM catalog_variant v
LEFT JOIN (SELECT variant_id, sum(delta) AS units FROM catalog_stockmovement GROUP BY 1) ledger
    ON ledger.variant_id = v.id
"""


class Log:
    """PostgreSQL's, from now on: at the start it refuses those who come too early."""

    def __init__(self, file: Path) -> None:
        self.file, self.begun = file, file.stat().st_size

    def check(self) -> Check:
        with self.file.open("rb") as file:
            file.seek(self.begun)
            found = [match.group(0) for match in BAD.finditer(file.read().decode(errors="replace"))]
        return Check("errors and deadlocks in PostgreSQL's log", "0", str(len(found)), found)


def ledger(database: str, when: str) -> Check:
    """Of every SKU: its stock is the sum of its ledger, and not below zero."""
    with psycopg.connect(database) as db:
        skus, below, other = db.execute(STOCK).fetchone() or (0, 0, 0)
    wrong = [f"{below} SKUs below zero"] if below else []
    wrong += [f"{other} SKUs whose stock is not the sum of their ledger"] if other else []
    return Check(f"stock and ledger, {when}", f"{skus} SKUs", f"{skus - other} SKUs", wrong)
