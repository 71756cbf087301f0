"""The document itself: complete in itself, and whole however long the order is."""

from __future__ import annotations

import ctypes
import gc
import hashlib
import io
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import accumulate
from typing import Any
from uuid import UUID

import facturx
import pytest
from pypdf import PdfReader
from weasyprint.text.fonts import FontConfiguration

from catalog.products.services import VariantFacts, create_product
from invoices import documents
from invoices.errors import DocumentDamaged
from invoices.models import Logo
from invoices.rendering import pdf
from invoices.rendering.einvoice import einvoice
from invoices.rendering.glyphs import legible
from invoices.templatetags.for_people import initials
from invoices.tests.conftest import IssueFor
from invoices.tests.corpus import LOGO, document

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


class MallInfo(ctypes.Structure):
    """`struct mallinfo2` of glibc's mallinfo(3)."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "free_chunks",
            "fast_chunks",
            "mapped_chunks",
            "mapped",
            "most",
            "fast",
            "in_use",
            "free",
            "top",
        )
    )


def read(name: str) -> PdfReader:
    return PdfReader(io.BytesIO(pdf.render(document(name))))


def text_of(name: str) -> str:
    return "\n".join(page.extract_text() for page in read(name).pages)


def test_it_is_pdf_a_with_the_xml_inside() -> None:
    content = pdf.render(document("plain"))
    reader = PdfReader(io.BytesIO(content))

    assert facturx.get_xml_from_pdf(content, check_xsd=True, check_schematron=False) == (
        "factur-x.xml",
        einvoice(document("plain")).xml,
    )
    catalog: Any = reader.trailer["/Root"]
    told = catalog["/Metadata"].get_object().get_data()
    assert told.count(b"<rdf:RDF") == 1
    for expected in (b'pdfaid:part="3"', b'pdfaid:conformance="B"', b">EN 16931</fx:ConformanceLevel>"):
        assert expected in told
    assert catalog["/AF"][0].get_object()["/AFRelationship"] == "/Alternative"
    assert catalog["/OutputIntents"][0].get_object()["/S"] == "/GTS_PDFA1"
    assert catalog["/Lang"] == "en"


def test_an_xml_that_had_to_round_is_no_alternative_but_data() -> None:
    catalog: Any = read("dinars, three minor units").trailer["/Root"]

    assert catalog["/AF"][0].get_object()["/AFRelationship"] == "/Data"


def test_another_process_gives_the_same_bytes() -> None:
    name = "emoji and marks"
    program = (
        "import django, hashlib; django.setup(); from invoices.rendering import pdf; "
        "from invoices.tests.corpus import document; "
        f"print(hashlib.sha256(pdf.render(document({name!r}))).hexdigest())"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "DJANGO_SETTINGS_MODULE": "shop.settings"}

    there = subprocess.check_output([sys.executable, "-c", program], env=environment, text=True)

    assert there.strip() == hashlib.sha256(pdf.render(document(name))).hexdigest()


def test_what_was_rendered_before_leaves_no_trace_in_a_document_and_no_fonts_in_the_process() -> None:
    first = pdf.render(document("chinese"))
    gc.collect()
    before = sum(isinstance(one, FontConfiguration) for one in gc.get_objects())
    for name in ("hebrew", "emoji and marks", "plain"):
        pdf.render(document(name))

    assert pdf.render(document("chinese")) == first
    assert sum(isinstance(one, FontConfiguration) for one in gc.get_objects()) == before


def test_a_document_leaves_next_to_nothing_in_the_process() -> None:
    def held() -> int:
        """Bytes that malloc has given out: of Pango, HarfBuzz and fontconfig, which Python does not count."""
        gc.collect()
        return int(glibc.mallinfo2().in_use)

    glibc = ctypes.CDLL(None)
    glibc.mallinfo2.restype = MallInfo
    for _ in range(5):
        pdf.render(document("plain"))
    before = held()
    for _ in range(20):
        pdf.render(document("plain"))

    assert (held() - before) // 20 < 8 * 1024


def test_a_long_one_carries_its_sum_from_page_to_page() -> None:
    pages = [page.extract_text() for page in read("300 lines").pages]
    invoice = document("300 lines")

    carried = [re.search(r"Carried forward ([\d,.]+)", page) for page in pages]
    brought = [re.search(r"Brought forward ([\d,.]+)", page) for page in pages]

    assert len(pages) > 8
    assert (brought[0], carried[-1]) == (None, None)
    sums = [match[1] for match in carried if match]
    assert sums == [match[1] for match in brought if match]
    ends = [len(re.findall(r"PART-\d{3}|Shipping", page)) for page in pages]
    amounts = [Decimal(line["total"]) for line in invoice.lines]
    assert sums == [f"{sum(amounts[:end]):,.2f}" for end in list(accumulate(ends))[: len(sums)]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("german, by transfer", ["Rechnung", "27. November 2026", "55,69 €", "DE02 1203 0000 0000 2020 51", "19 %"]),
        ("french", ["Facture", "27 novembre 2026", "Prix unitaire", "55,69 €", "Aix-en-Provence"]),
        ("spanish, net", ["Factura", "27 de noviembre de 2026", "Base imponible", "A Coruña"]),
        ("brazilian, by pix", ["Fatura", "R$ 289,60", "Chave Pix", "12345678000195"]),
        ("yen, without minor units", ["¥6,721", "湯呑み", "山田 太郎"]),
        ("dinars, three minor units", ["199.325"]),
        ("refunded in part", ["Rechnungskorrektur", "CN-2026-000001", "INV-2026-000042", "10,00 €", "zerbrochen"]),
        ("markup", ["<script>alert(1)</script>", '<b>bold</b> & "quoted" {{ 7 }}']),
        ("chinese", ["大红袍", "厦门市"]),
    ],
)
def test_it_reads_in_the_buyers_language(name: str, expected: list[str]) -> None:
    text = "".join(text_of(name).split())  # a line may break anywhere in a long word

    for part in expected:
        assert "".join(legible(part).split()) in text, text


@pytest.mark.parametrize(("name", "size"), [("plain", (595, 842)), ("american, on letter", (612, 792))])
def test_it_has_the_paper_of_the_setting_or_of_the_buyers_country(name: str, size: tuple[int, int]) -> None:
    box = read(name).pages[0].mediabox

    assert (round(box.width), round(box.height)) == size


def test_a_logo_that_was_changed_is_not_shown() -> None:
    invoice = document("with a logo")
    invoice.logo = Logo(sha256=LOGO.sha256, media_type="image/svg+xml", content=b"<svg></svg>")

    with pytest.raises(DocumentDamaged, match="logo"):
        pdf.render(invoice)
