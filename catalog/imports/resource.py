"""The product file as django-import-export sees it: columns, and a batch of rows taken over.

What is the library's: the fields and widgets, which read and write a cell, and the loop that makes of each row a new,
changed, unchanged or invalid one, within a transaction that a dry run takes back. What is ours: that products are read
and written a batch at a time, through the services of the catalog.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from django.core.exceptions import ValidationError
from import_export import fields, resources, widgets
from import_export.instance_loaders import BaseInstanceLoader
from import_export.results import RowResult
from rest_framework import serializers
from rest_framework.exceptions import ValidationError as Rejected
from tablib import Dataset

from api.problems import Problem
from catalog.imports.columns import ATTRIBUTE, REQUIRED
from catalog.imports.held import Shelf
from catalog.imports.lines import Line
from catalog.imports.rows import Refusal, Row, refusals_of
from catalog.products.serializers import NewProduct, NewVariant

Kind = RowResult
_product, _variant = NewProduct().fields, NewVariant().fields


class Cell(widgets.Widget):  # type: ignore[misc]  # untyped package
    """A cell, read by the field that reads the same thing from JSON in the API: the rules and their codes are one."""

    def __init__(self, field: serializers.Field[Any, Any, Any, Any]) -> None:
        super().__init__()
        self.field = field

    def clean(self, value: str, row: Any = None, **kwargs: Any) -> Any:
        try:
            return self.field.run_validation(self.json(value))
        except Rejected as error:
            found = refusals_of("", error)
            raise ValidationError([ValidationError(one.message, one.code) for one in found]) from None

    def json(self, text: str) -> Any:
        return text


class Units(Cell):
    def json(self, text: str) -> Any:
        text = text.strip()
        return int(text) if text.removeprefix("-").isdecimal() and text.isascii() and len(text) <= 20 else text


class Column(fields.Field):  # type: ignore[misc]
    """A column, whose values a line keeps until all of them are known."""

    def __init__(self, name: str, widget: widgets.Widget | None = None) -> None:
        super().__init__(attribute=name, column_name=name, widget=widget or widgets.Widget())

    def save(self, line: Line, row: Mapping[str, str | None], is_m2m: bool = False, **kwargs: Any) -> None:
        text = row[self.column_name]
        if line.says(self.column_name, text):
            return
        if self.column_name.startswith(ATTRIBUTE):
            line.attributes[self.column_name.removeprefix(ATTRIBUTE)] = text
        elif text and text.strip():
            line.given[self.column_name] = self.clean(row, **kwargs)
        elif self.column_name in REQUIRED:
            raise ValidationError("This field may not be blank.", "blank")
        elif self.column_name in line.EMPTIED:
            line.given[self.column_name] = line.EMPTIED[self.column_name]


class ProductResource(resources.Resource):  # type: ignore[misc]
    """Takes over the rows of one batch: `take_over`. `columns` are those that the file has."""

    code = Column("code", Cell(_product["code"]))
    sku = Column("sku", Cell(_variant["sku"]))
    name = Column("name", Cell(_product["name"]))
    price = Column("price", Cell(_product["price"]))
    currency = Column("currency", Cell(_product["currency"]))
    stock = Column("stock", Units(_variant["stock"]))
    tax_rate = Column("tax_rate", Cell(_product["tax_rate"]))
    category = Column("category", Cell(_product["category"]))
    description = Column("description", Cell(_product["description"]))
    status = Column("status", Cell(_product["status"]))

    class Meta:
        import_id_fields = ("code",)
        instance_loader_class = BaseInstanceLoader
        use_bulk = True  # for the library: no savepoint per row
        skip_diff = True
        store_instance = True

    def __init__(self, columns: Sequence[str], shelf: Shelf, rows: Sequence[Row], *, by: str) -> None:
        super().__init__()
        self.columns, self.shelf, self.rows, self.by = tuple(columns), shelf, rows, by
        declared: Mapping[str, Column] = self.fields
        self.fields: Mapping[str, Column] = {name: declared.get(name) or Column(name) for name in self.columns}

    def take_over(self, *, dry_run: bool) -> list[tuple[str, list[Refusal]]]:
        """What became of each row: one of `Kind`'s import types, and why it was refused.

        All changes are written, or none where `dry_run`. Raises what `Shelf.put_back` raises; nothing is written then.
        """
        table = Dataset(*([row.cells[name] for name in self.columns] for row in self.rows), headers=self.columns)
        result = self.import_data(table, dry_run=dry_run, use_transactions=True)
        return [(row.import_type, _refusals(row.validation_error)) for row in result.rows]

    # --- what the library asks for each row ---

    def get_or_init_instance(self, instance_loader: Any, row: Any) -> tuple[Line, bool]:
        found = Line.of(next(self._to_come), self.shelf)
        return found, found.is_new

    def before_import(self, dataset: Any, **kwargs: Any) -> None:
        self._to_come = iter(self.rows)

    def import_instance(self, instance: Line, row: Any, **kwargs: Any) -> None:
        errors: dict[str, Any] = {}
        for column in self.fields.values():
            try:
                column.save(instance, row)
            except ValidationError as error:
                errors[column.column_name] = error.error_list
        if errors:
            raise ValidationError(errors)
        try:
            instance.try_out()
        except Problem as problem:
            raise _validation_error(problem) from None

    def skip_row(self, instance: Line, original: Any, row: Any, import_validation_errors: Any = None) -> bool:
        return not import_validation_errors and not instance.changes_something

    def save_instance(self, instance: Line, is_create: bool, row: Any, **kwargs: Any) -> None:
        instance.keep()

    def after_import(self, dataset: Any, result: Any, **kwargs: Any) -> None:
        for row in result.error_rows:  # a fault of ours, which the library would list beside the faults of the file
            raise row.errors[0].error
        self.shelf.put_back(by=self.by)

    def handle_import_error(self, result: Any, error: Exception, raise_errors: bool = False) -> None:
        raise error


def _refusals(error: ValidationError | None) -> list[Refusal]:
    if error is None:
        return []
    return [
        Refusal(column if column != "__all__" else "", str(one.code or "invalid"), " ".join(one.messages))
        for column, found in error.error_dict.items()
        for one in found
    ]


def _validation_error(problem: Problem) -> ValidationError:
    told = problem.errors or [{"field": "", "code": problem.code, "message": problem.detail}]
    by_column: dict[str, list[ValidationError]] = {}
    for error in told:
        by_column.setdefault(_column(error["field"]), []).append(ValidationError(error["message"], error["code"]))
    return ValidationError(cast(dict[str, Any], by_column))


def _column(field: str) -> str:
    """The column that a field of the API is in the file."""
    _, found, name = field.partition("attributes.")
    if found:
        return f"{ATTRIBUTE}{name}"
    if field.startswith("variants.") and field.endswith(".price"):
        return "currency"  # the row changes it, and another variant's price does not fit
    return field or "__all__"
