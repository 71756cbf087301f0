"""A document as PDF/A-3b with its XML inside. The same row gives the same bytes: nothing depends on clock or chance."""

from __future__ import annotations

import functools
import hashlib
import threading
import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string
from weasyprint import CSS, HTML, Attachment
from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

from api import metrics, tracing
from invoices.errors import DocumentDamaged
from invoices.metrics import PDF_TIME
from invoices.models import Invoice, Logo
from invoices.rendering import xmp
from invoices.rendering.einvoice import EInvoice, einvoice
from invoices.rendering.fonts import fonts
from invoices.rendering.layout import layout, page_of

_one_at_a_time = threading.Lock()
"""Pango's font maps are not made for several threads; and rendering is all CPU, so waiting costs nothing."""

VARIANT = "pdf/a-3b"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
LOGO = "about:logo"


class FetchRefused(Exception):
    """A document asked for something outside itself: a file, an address."""


class _Itself(URLFetcher):  # type: ignore[misc]  # untyped package
    """A document is complete in itself, with its logo. Whatever else it would load is a mistake or an attack."""

    def __init__(self, logo: Logo | None) -> None:
        super().__init__(fail_on_errors=True)
        self.logo = logo

    def fetch(self, url: str, headers: Any = None) -> URLFetcherResponse:
        if url == LOGO and self.logo:
            return URLFetcherResponse(LOGO, bytes(self.logo.content), {"Content-Type": self.logo.media_type})
        raise FetchRefused(url)


def render(invoice: Invoice) -> bytes:
    """The PDF. Raises DocumentDamaged where the logo is not the one that the document was issued with."""
    if invoice.logo and hashlib.sha256(invoice.logo.content).hexdigest() != invoice.logo_id:
        raise DocumentDamaged(f"{invoice.number}: the SHA-256 of its logo differs.")
    began = time.perf_counter()
    with tracing.span("PDF render", {"number": invoice.number}):
        content = from_html(
            html_of(invoice),
            identifier=invoice.id,
            style=style_of(invoice),
            logo=invoice.logo,
            inside=einvoice(invoice),
            at=invoice.issued_at,
        )
    metrics.put(PDF_TIME, (time.perf_counter() - began) * 1000)
    return content


def html_of(invoice: Invoice) -> str:
    created = invoice.issued_at.astimezone(UTC).isoformat(timespec="seconds")
    return render_to_string("invoices/invoice.html", layout(invoice) | {"created": created, "logo_url": LOGO})


def fetcher(invoice: Invoice) -> URLFetcher:
    return _Itself(invoice.logo)


def style_of(invoice: Invoice) -> CSS:
    return _style(invoice.paper, page_of(invoice.language))


def from_html(
    html: str,
    *,
    identifier: UUID,
    style: CSS | None = None,
    logo: Logo | None = None,
    inside: EInvoice | None = None,
    at: datetime = NEVER,
) -> bytes:
    """`html` as a PDF that carries `identifier`. Raises FetchRefused if it refers to anything outside itself."""
    with _one_at_a_time:
        try:
            page = HTML(string=html, base_url="about:blank", url_fetcher=_Itself(logo))
            document = page.render(stylesheets=[style] if style else [], font_config=fonts(), pdf_variant=VARIANT)
            attachments = [_attachment(inside, at)] if inside else []
            if inside:
                _tell_of_xml(document.metadata)
            content = document.write_pdf(pdf_variant=VARIANT, pdf_identifier=identifier.bytes, attachments=attachments)
            return bytes(content)
        except FatalURLFetchingError as error:  # a BaseException, which would take the whole worker along
            raise FetchRefused(str(error)) from None


def _attachment(inside: EInvoice, at: datetime) -> Attachment:
    moment = at.astimezone(UTC)
    return Attachment(
        string=inside.xml,
        name=xmp.FILE,
        description="Factur-X",
        created=moment,
        modified=moment,
        relationship="Alternative" if inside.is_exact else "Data",
    )


def _tell_of_xml(metadata: Any) -> None:
    """Adds the descriptions to the one that WeasyPrint writes: XMP has one `rdf:RDF` and no second."""
    own = metadata.generate_rdf_metadata
    end = b"</rdf:RDF>"

    def with_ours(*facts: Any) -> bytes:
        return bytes(own(*facts).replace(end, xmp.descriptions() + end))

    metadata.generate_rdf_metadata = with_ours


@functools.cache
def _style(paper: str, pages: str) -> CSS:
    return CSS(string=render_to_string("invoices/invoice.css", {"paper": paper, "page_of": pages}))
