"""Rendering an invoice on A4. The same row gives the same bytes: nothing depends on the clock or on chance."""

from __future__ import annotations

import functools
import threading
from typing import Any, NoReturn
from uuid import UUID

from django.template.loader import render_to_string
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from invoices.models import Invoice
from orders.models import Order

_one_at_a_time = threading.Lock()
"""Pango's font maps are not made for several threads; and rendering is all CPU, so waiting costs nothing."""


class FetchRefused(Exception):
    """A document asked for something outside itself: a file, an address."""


class _Nothing(URLFetcher):  # type: ignore[misc]  # untyped package
    """An invoice is complete in itself. Whatever it would load comes from a mistake or an attack."""

    def fetch(self, url: str, headers: Any = None) -> NoReturn:
        raise FetchRefused(url)


def render(invoice: Invoice) -> bytes:
    shown = {
        "invoice": invoice,
        "payment_method": Order.PaymentMethod(invoice.payment_method).label.capitalize(),
    }
    return from_html(render_to_string("invoices/invoice.html", shown), identifier=invoice.id)


def from_html(html: str, *, identifier: UUID) -> bytes:
    """`html` as a PDF that carries `identifier`. Raises FetchRefused if it refers to anything outside itself."""
    with _one_at_a_time:
        try:
            fonts = FontConfiguration()
            document = HTML(string=html, base_url="about:blank", url_fetcher=_Nothing(fail_on_errors=True))
            return bytes(document.write_pdf(stylesheets=[_style()], font_config=fonts, pdf_identifier=identifier.bytes))
        except FatalURLFetchingError as error:  # a BaseException, which would take the whole worker along
            raise FetchRefused(str(error)) from None


@functools.cache
def _style() -> Any:
    return CSS(string=render_to_string("invoices/invoice.css"))
