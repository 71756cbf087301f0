"""The document itself: complete in itself, and whole however long the order is."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from catalog.products.services import VariantFacts, create_product
from invoices import documents, pdf
from invoices.templatetags.for_people import initials
from invoices.tests.conftest import IssueFor

IDENTIFIER = UUID(int=1)


@pytest.fixture
def listener() -> Iterator[ThreadingHTTPServer]:
    """A web server that counts in `.requests` how often it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.server.requests += 1  # type: ignore[attr-defined]
            self.send_response(404)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Stays silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.requests = 0  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    "html",
    [
        '<img src="{url}/pixel.png">',
        '<link rel="stylesheet" href="{url}/style.css">',
        '<style>@import "{url}/style.css";</style>',
        '<p style="background: url({url}/pixel.png)">x</p>',
        "<style>@font-face {{ font-family: f; src: url({url}/f.ttf) }} p {{ font-family: f }}</style><p>x</p>",
        '<link rel="attachment" href="{url}/secret">',
        '<link rel="attachment" href="file:///etc/passwd">',
        '<img src="file:///etc/passwd">',
        '<object data="file:///etc/passwd"></object>',
    ],
)
def test_it_refuses_to_load_anything(html: str, listener: ThreadingHTTPServer) -> None:
    with pytest.raises(pdf.FetchRefused):
        pdf.from_html(html.format(url=f"http://127.0.0.1:{listener.server_address[1]}"), identifier=IDENTIFIER)

    assert listener.requests == 0  # type: ignore[attr-defined]


def test_the_same_html_gives_the_same_bytes() -> None:
    assert pdf.from_html("<p>x</p>", identifier=IDENTIFIER) == pdf.from_html("<p>x</p>", identifier=IDENTIFIER)
    assert pdf.from_html("<p>x</p>", identifier=IDENTIFIER) != pdf.from_html("<p>x</p>", identifier=UUID(int=2))


@pytest.mark.parametrize(
    ("name", "letters"), [("Harbour & Hearth", "HH"), ("acme", "A"), ("ÖKO laden am eck", "ÖL"), ("…", "")]
)
def test_the_letterhead_has_the_shops_initials(name: str, letters: str) -> None:
    assert initials(name) == letters


@pytest.mark.django_db
def test_five_hundred_lines_fill_many_pages_with_a_head_on_each(issue_for: IssueFor) -> None:
    variants = [VariantFacts(sku=f"SCREW-{n:03}", price=Decimal("0.10"), stock=9) for n in range(500)]
    create_product(code="SCREW", name="Screw", variants=variants, tax_rate=Decimal(19), by="test")

    invoice = issue_for(*((variant.sku, 1) for variant in variants))

    pages = [page.extract_text() for page in PdfReader(io.BytesIO(documents.read(invoice))).pages]
    assert len(pages) > 10
    assert all(f"Page {number} of {len(pages)}" in text for number, text in enumerate(pages, 1))
    assert all(invoice.number in text for text in pages)
    assert all("Unit price" in text for text in pages if "SCREW-" in text)
    assert all(any(variant.sku in text for text in pages) for variant in variants)
    assert "€54.90" in pages[-1]
