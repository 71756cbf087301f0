"""The XML form: UN/CEFACT's Cross Industry Invoice in any profile of Factur-X (ZUGFeRD 2), or XRechnung's.

What is asked of it at run time is the schema of its profile and that its totals add up. The schematron's other rules
are for whoever writes such documents: a supplier's slip in one of them does not make the invoice unpayable.
"""

from __future__ import annotations

import functools
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import drafthorse
from lxml import etree

from invoices.incoming.facts import Complaints, Facts, Kind, Refused, Wrong
from invoices.models import SupplierInvoice

NAMES = {
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}
ROOT = f"{{{NAMES['rsm']}}}CrossIndustryInvoice"
PROFILES = {
    "urn:factur-x.eu:1p0:minimum": "MINIMUM",
    "urn:factur-x.eu:1p0:basicwl": "BASICWL",
    "urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic": "BASIC",
    "urn:cen.eu:en16931:2017": "EN16931",
    "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended": "EXTENDED",
}
"""What a document says it keeps to (BT-24) → the schema that it is held to."""
XRECHNUNG = tuple(f"urn:cen.eu:en16931:2017#compliant#urn:{of}:" for of in ("xeinkauf.de:kosit", "xoev-de:kosit"))
"""Germany's, of any version: EN 16931 with fewer choices."""
CREDIT_NOTES = frozenset(["81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"])
"""UNTDID 1001, as far as EN 16931 counts it among credit notes (BT-3)."""
TOLD = 5  # of the schema's complaints
PATHS = {
    "profile": "rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
    "number": "rsm:ExchangedDocument/ram:ID",
    "kind": "rsm:ExchangedDocument/ram:TypeCode",
    "issued_on": "rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString",
    "supplier": "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeAgreement/ram:SellerTradeParty/ram:Name",
    "currency": "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement/ram:InvoiceCurrencyCode",
}
SUMS = (
    "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement/"
    "ram:SpecifiedTradeSettlementHeaderMonetarySummation/ram:"
)


def looks_like_it(content: bytes) -> bool:
    start = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith((b"<", b"\xff\xfe<\x00", b"\xfe\xff\x00<"))


def facts(content: bytes, *, form: SupplierInvoice.Form) -> Facts:
    """Raises Refused."""
    root, complaints = _parsed(content), Complaints()
    text = {name: _text(root, path) for name, path in PATHS.items()}
    _check_schema(root, text["profile"])
    currency = complaints.currency("InvoiceCurrencyCode", text["currency"])
    known = Facts(
        form=form,
        kind=Kind.CREDIT_NOTE if text["kind"] in CREDIT_NOTES else Kind.INVOICE,
        number=complaints.number("ExchangedDocument/ID", text["number"]),
        supplier=complaints.name("SellerTradeParty/Name", text["supplier"]),
        total=complaints.amount("GrandTotalAmount", _text(root, f"{SUMS}GrandTotalAmount"), currency),
        currency=currency,
        issued_on=_day(text["issued_on"], complaints),
    )
    complaints.settle()
    _check_sums(root, known)
    return known


def _parsed(content: bytes) -> Any:
    """Without entities, without a DTD, without the network, and within libxml2's own limits of depth and size."""
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise Refused(Wrong("", "invalid_xml", f"The file is no XML: {_line(error.msg)}")) from None
    if root.getroottree().docinfo.doctype:
        raise Refused(Wrong("", "doctype", "A document with a DOCTYPE is not read."))
    if root.tag != ROOT:
        raise Refused(Wrong("", "not_an_invoice", f"This is no Cross Industry Invoice: its root is {_line(root.tag)}."))
    return root


def _check_schema(root: Any, profile: str) -> None:
    name = "EN16931" if profile.startswith(XRECHNUNG) else PROFILES.get(profile)
    if name is None:
        field = "GuidelineSpecifiedDocumentContextParameter/ID"
        raise Refused(Wrong(field, "unknown_profile", f"{_line(profile) or 'Nothing'} is no profile that is known."))
    schema = _schema(name)
    if not schema.validate(root):
        found = [Wrong(f"line {one.line}", "schema", _line(one.message)) for one in schema.error_log]
        raise Refused(*found[:TOLD])


@functools.cache
def _schema(profile: str) -> Any:
    folder = Path(drafthorse.__file__).parent / "schema"
    return etree.XMLSchema(file=str(folder / f"Factur-X_1.0.07_{profile}.xsd"))


def _check_sums(root: Any, known: Facts) -> None:
    """EN 16931, BR-CO-15: the grand total is the net amount and its tax, in the document's own currency."""
    net = _text(root, f"{SUMS}TaxBasisTotalAmount")
    taxes = [one.text for one in root.iterfind(f"{SUMS}TaxTotalAmount", NAMES) if _is_in(one, known.currency)]
    if net and len(taxes) <= 1 and Decimal(net) + Decimal(taxes[0] if taxes else 0) != known.total:
        raise Refused(Wrong("GrandTotalAmount", "wrong_total", "The total is not the net amount and the tax on it."))


def _is_in(amount: Any, currency: str) -> bool:
    return str(amount.get("currencyID", currency)) == currency


def _text(root: Any, path: str) -> str:
    return (root.findtext(path, default="", namespaces=NAMES) or "").strip()


def _day(text: str, complaints: Complaints) -> date | None:
    """Format 102 of UNTDID 2379, the only one that the schema lets through: 20261128."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  (a day has no zone)
    except ValueError:
        complaints.add("IssueDateTime", "invalid_date", "This is no day, such as 20261128.")
        return None


def _line(text: str) -> str:
    return " ".join(str(text).split())[:200]
