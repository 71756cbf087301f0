"""A batch of rows taken over: again where somebody else was faster, until each row is in or refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import IntegrityError
from import_export.results import RowResult

from api.problems import NotFound
from catalog.imports.held import Overtaken, Shelf
from catalog.imports.resource import ProductResource
from catalog.imports.rows import Refusal, Row
from catalog.products.writing import TooLarge

TRIES = 6
COUNTED = {
    RowResult.IMPORT_TYPE_NEW: "created",
    RowResult.IMPORT_TYPE_UPDATE: "updated",
    RowResult.IMPORT_TYPE_SKIP: "unchanged",
    RowResult.IMPORT_TYPE_INVALID: "rejected",
}


@dataclass
class Outcome:
    """How many rows were `created`, `updated`, `unchanged`, `rejected`; and line → why not."""

    counts: Counter[str] = field(default_factory=Counter)
    refusals: list[tuple[int, Refusal]] = field(default_factory=list)

    def refuse(self, row: Row) -> None:
        self.counts["rejected"] += 1
        self.refusals += [(row.line, refusal) for refusal in row.refusals]


def take_over(rows: Sequence[Row], *, columns: Sequence[str], by: str, dry_run: bool) -> Outcome:
    """Writes what the rows say, in the caller's transaction; with `dry_run` all but that."""
    rows = list(rows)
    tries = 0
    while True:
        good = [row for row in rows if not row.refusals]
        shelf = _shelf(good, locked=tries > 0)
        try:
            results = ProductResource(columns, shelf, good, by=by).take_over(dry_run=dry_run)
        except TooLarge as error:
            _refuse_products(good, shelf, error)
        except (Overtaken, NotFound, IntegrityError):
            tries += 1
            if tries == TRIES:
                raise
        else:
            break
    outcome = Outcome()
    for row, (kind, refusals) in zip(good, results, strict=True):
        row.refusals += refusals
        if not refusals:
            outcome.counts[COUNTED[kind]] += 1
    for row in rows:
        if row.refusals:
            outcome.refuse(row)
    return outcome


def _shelf(rows: Sequence[Row], *, locked: bool) -> Shelf:
    categories = {(row.cells.get("category") or "").strip() for row in rows}
    return Shelf([(row.key, row.sku) for row in rows], categories - {""}, locked=locked)


def _refuse_products(rows: Sequence[Row], shelf: Shelf, error: TooLarge) -> None:
    for row in rows:
        held = shelf.held.get(row.key)
        if held is not None and held.product.id in error.ids:
            row.refusals += [Refusal("", told["code"], told["message"]) for told in error.errors or ()]
