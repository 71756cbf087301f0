"""The rows of a product file: each with what it says, or why it cannot be taken as it stands in the file.

What is decided here follows from the file alone, and so in the same way each time the file is read: after a crash, a
worker reads over the rows that are done and goes on behind them.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

from rest_framework.exceptions import ValidationError

from catalog.imports import files
from catalog.imports.columns import OF_THE_PRODUCT, REQUIRED, read
from catalog.imports.files import Format, Record
from catalog.imports.seen import Seen
from catalog.models.fields import canonical_sku
from catalog.products.serializers import NewProduct, NewVariant

CODE, SKU = NewProduct().fields["code"], NewVariant().fields["sku"]
DECIMALS = ("price", "tax_rate")


@dataclass(frozen=True)
class Refusal:
    """Why a row is not taken over; `column` is empty where the row as a whole is meant."""

    column: str
    code: str
    message: str


@dataclass
class Row:
    """`key` is the product's code and `sku` the variant's, both as they are compared."""

    line: int
    cells: dict[str, str | None] = field(default_factory=dict)
    key: str = ""
    sku: str = ""
    refusals: list[Refusal] = field(default_factory=list)


class Table:
    """The rows below the header. Raises BadImport where the header will not do."""

    def __init__(self, file: IO[bytes], format: Format, mapping: Mapping[str, str]) -> None:
        self.file, self.format = file, format
        header = files.header_of(file, format)
        self.width = len(header)
        self.places = files.places(header, mapping)
        self.columns = tuple(self.places)
        self.unnamed = [place for place, name in enumerate(header) if not name.strip()]

    def rows(self, *, after: int = 0) -> Generator[Row, None, None]:
        """Those behind the first `after` ones, which are read for what they name."""
        seen = Seen()
        try:
            records = files.records(self.file, self.format)
            next(records)
            for number, record in enumerate(records):
                row = self._row(record, seen)
                if number >= after:
                    yield row
        finally:
            seen.close()

    def _row(self, record: Record, seen: Seen) -> Row:
        row = Row(record.line)
        if refusal := self._misshapen(record.fields):
            row.refusals.append(refusal)
            return row
        row.cells = {column: self._cell(record.fields[place], column) for column, place in self.places.items()}
        row.refusals += _name(row)
        if not row.refusals:
            row.refusals += _repeated(row, seen)
        return row

    def _misshapen(self, fields: Sequence[str]) -> Refusal | None:
        if len(fields) < self.width:
            return Refusal("", "too_few_fields", f"It has {len(fields)} fields, and the header {self.width}.")
        if len(fields) > self.width or any(fields[place].strip() for place in self.unnamed):
            return Refusal("", "too_many_fields", f"It has {len(fields)} fields, and the header {self._named()}.")
        return None

    def _named(self) -> int:
        return self.width - len(self.unnamed)

    def _cell(self, field: str, column: str) -> str | None:
        if column in DECIMALS and self.format.decimal_comma and "." not in field:
            field = field.replace(",", ".")
        return read(field, column)


def _name(row: Row) -> list[Refusal]:
    """Finds out which product and which variant the row is about."""
    code = row.cells["code"] or ""
    sku = row.cells.get("sku") or ""
    refusals: list[Refusal] = []
    try:
        row.key = str(CODE.run_validation(code)).upper()
    except ValidationError as error:
        refusals += refusals_of("code", error)
    if sku.strip():
        try:
            row.sku = canonical_sku(str(SKU.run_validation(sku)))
        except ValidationError as error:
            refusals += refusals_of("sku", error)
    else:
        row.sku = row.key
    return refusals


def _repeated(row: Row, seen: Seen) -> list[Refusal]:
    """A SKU stands once in a file; and the rows of one product agree, where those after the first say anything.

    A row that is refused here, or for want of a name or a price, is none that later ones could repeat.
    """
    if before := seen.find(f"sku {row.sku}"):
        message = f"{row.sku} stands in line {before[0]} already."
        return [Refusal("sku" if "sku" in row.cells else "code", "duplicate_row", message)]
    said = {column: (row.cells[column] or "").strip() for column in OF_THE_PRODUCT if column in row.cells}
    refusals: list[Refusal] = []
    if before := seen.find(f"code {row.key}"):
        line, first = before
        for column, text in said.items():
            if not text:
                row.cells[column] = first[column]
            elif text != first[column].strip():
                message = f"Line {line}, of the same product, says {first[column].strip()[:60]!r}. They must agree."
                refusals.append(Refusal(column, "conflicting_row", message))
    if not refusals and all((row.cells[column] or "").strip() for column in REQUIRED):
        seen.keep(f"sku {row.sku}", row.line, {})
        seen.keep(f"code {row.key}", row.line, {column: row.cells[column] or "" for column in said})
    return refusals


def refusals_of(column: str, error: ValidationError) -> list[Refusal]:
    """A field's complaints, with the codes that the API gives."""
    details = error.detail if isinstance(error.detail, list) else [error.detail]
    return [Refusal(column, str(getattr(detail, "code", "invalid")), str(detail)) for detail in details]
