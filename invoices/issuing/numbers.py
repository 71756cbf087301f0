"""The next number of a document, without gap or repeat."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from invoices.models import Invoice

NEXT = """
INSERT INTO invoices_numberseries (series, year, last) VALUES (%s, %s, 1)
ON CONFLICT (series, year) DO UPDATE SET last = invoices_numberseries.last + 1
RETURNING last
"""


@dataclass(frozen=True)
class Number:
    series: str
    year: int
    sequence: int

    def __str__(self) -> str:
        return str(settings.INVOICE_NUMBER_FORMAT.format(series=self.series, year=self.year, sequence=self.sequence))


def next_number(kind: Invoice.Kind, year: int) -> Number:
    """The next one of the kind's series and year, which begins with 1. Only in the transaction that issues.

    The series' row stays locked until that transaction ends, and rolls back with it: that is why there is no gap.
    """
    series = settings.INVOICE_SERIES if kind == Invoice.Kind.INVOICE else settings.CREDIT_NOTE_SERIES
    with connection.cursor() as cursor:
        cursor.execute(NEXT, [series, year])
        return Number(series, year, int(cursor.fetchone()[0]))
