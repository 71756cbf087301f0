"""An issued document never changes. The database itself refuses, whoever asks."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from invoices.issuing.services import settle
from invoices.models import Invoice, Logo, NumberSeries
from invoices.tests.conftest import IssueFor, PlaceOrder

pytestmark = pytest.mark.django_db


def sql(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def update(changes: str) -> None:
    sql("UPDATE invoices_invoice SET " + changes)  # noqa: S608


CHANGES = [
    'totals = \'{"total": "0.00"}\'',
    "lines = '[]'",
    "buyer = '{}'",
    "number = 'INV-1'",
    "sequence = 99",
    "issued_at = now()",
    "currency = 'USD'",
    "kind = 'credit_note'",
    "language = 'de'",
    "terms = '{}'",
    "paper = 'Letter'",
    "reason = 'x'",
    "id = uuidv7()",
]


@pytest.mark.parametrize("change", [*CHANGES, "key = 'x'", "sha256 = repeat('0', 64)", "size = 1", "stored_at = NULL"])
def test_a_stored_invoice_refuses(change: str, issue_for: IssueFor) -> None:
    issue_for()
    before = Invoice.objects.values().get()

    with pytest.raises(IntegrityError, match="is issued: it can neither be changed nor deleted"):
        update(change)

    assert Invoice.objects.values().get() == before


@pytest.mark.parametrize("change", CHANGES)
def test_an_invoice_whose_pdf_is_stored_now_takes_nothing_else_along(change: str, place: PlaceOrder) -> None:
    settle(order_id=place().id)
    stored = "key = 'k', sha256 = repeat('0', 64), size = 1, stored_at = now()"

    with pytest.raises(IntegrityError, match="is issued"):
        update(f"{stored}, {change}")

    update(stored)
    assert Invoice.objects.get().is_stored


def test_half_of_what_storing_adds_is_refused(place: PlaceOrder) -> None:
    settle(order_id=place().id)

    with pytest.raises(IntegrityError, match="is issued"):
        update("stored_at = now()")


def test_an_issued_invoice_cannot_be_deleted(place: PlaceOrder) -> None:
    settle(order_id=place().id)

    with pytest.raises(IntegrityError, match="is issued"), transaction.atomic():
        Invoice.objects.all().delete()

    assert Invoice.objects.count() == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE invoices_numberseries SET last = last - 1",
        "UPDATE invoices_numberseries SET last = last + 2",
        "UPDATE invoices_numberseries SET year = year + 1",
        "DELETE FROM invoices_numberseries",
    ],
)
def test_a_series_neither_jumps_nor_goes_back(statement: str, db: None) -> None:
    NumberSeries.objects.create(series="INV", year=timezone.localtime().year, last=5)

    with pytest.raises(IntegrityError, match="go up by one and never back"):
        sql(statement)

    assert NumberSeries.objects.get().last == 5


@pytest.mark.parametrize("last", [None, 1200, 1234, 1300])
def test_after_a_restore_a_series_is_counted_on_as_the_page_on_backups_says(last: int | None, db: None) -> None:
    page = (settings.BASE_DIR / "docs" / "backup.md").read_text(encoding="utf-8")
    (statement,) = re.findall(r"^ +DO \$\$ (?:.|\n)+?\$\$;$", page, flags=re.MULTILINE)
    if last is not None:
        NumberSeries.objects.create(series="INV", year=2026, last=last)

    sql(statement)

    assert NumberSeries.objects.get().last == max(last or 0, 1234)


@pytest.mark.parametrize("statement", ["UPDATE invoices_logo SET content = ''", "DELETE FROM invoices_logo"])
def test_a_logo_stays_what_documents_were_issued_with(statement: str, db: None) -> None:
    Logo.objects.create(sha256="0" * 64, media_type="image/png", content=b"x")

    with pytest.raises(IntegrityError, match="never changes"):
        sql(statement)

    assert bytes(Logo.objects.get().content) == b"x"


@pytest.mark.parametrize("table", ["invoices_invoice", "invoices_numberseries", "invoices_logo", "orders_order"])
def test_what_was_issued_cannot_be_emptied_either(table: str, place: PlaceOrder) -> None:
    settle(order_id=place().id)
    sql("SET CONSTRAINTS ALL IMMEDIATE")  # which TRUNCATE would wait for

    with pytest.raises(IntegrityError, match="cannot be emptied"):
        sql(f"TRUNCATE {table} CASCADE")

    assert Invoice.objects.count() == 1
