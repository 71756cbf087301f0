"""The XML inside a document: valid by schema and by EN 16931's own rules, with the document's own amounts."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree

from invoices.rendering.einvoice import einvoice
from invoices.tests.complaints import Rules
from invoices.tests.corpus import CORPUS, document

NAMES = {
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
}
Complaints = Callable[[bytes], list[str]]


@pytest.fixture(scope="module")
def complaints() -> Complaints:
    return Rules().complaints


def found(xml: bytes, path: str) -> list[str]:
    return [element.text for element in etree.fromstring(xml).iterfind(f".//{path}", NAMES)]


def summed(xml: bytes) -> dict[str, Decimal]:
    """The totals, by the names of the standard's elements."""
    (summation,) = etree.fromstring(xml).iterfind(".//ram:SpecifiedTradeSettlementHeaderMonetarySummation", NAMES)
    return {etree.QName(element).localname: Decimal(element.text) for element in summation}


@pytest.mark.parametrize("name", CORPUS)
def test_every_odd_order_is_valid(name: str, complaints: Complaints) -> None:
    assert complaints(einvoice(document(name)).xml) == []


def test_the_rules_are_really_asked(complaints: Complaints) -> None:
    xml = einvoice(document("plain")).xml
    wrong = xml.replace(b"<ram:GrandTotalAmount>55.69<", b"<ram:GrandTotalAmount>55.70<")

    assert wrong != xml
    assert any("BR-CO-15" in complaint for complaint in complaints(wrong))


@pytest.mark.parametrize("name", [name for name, case in CORPUS.items() if case.currency != "KWD"])
def test_what_is_to_be_paid_is_the_documents_to_the_cent(name: str) -> None:
    invoice, xml = document(name), einvoice(document(name)).xml

    totals = summed(xml)

    total = Decimal(invoice.totals["total"])
    assert (totals["GrandTotalAmount"], totals["DuePayableAmount"]) == (total, total)


@pytest.mark.parametrize("name", CORPUS)
def test_an_exact_one_has_the_documents_net_and_tax_too(name: str) -> None:
    invoice, inside = document(name), einvoice(document(name))
    totals = summed(inside.xml)
    own = (Decimal(invoice.totals["net"]), Decimal(invoice.totals["tax"]))

    assert ((totals["TaxBasisTotalAmount"], totals["TaxTotalAmount"]) == own) is inside.is_exact


def test_a_tax_that_is_too_far_from_its_rate_is_worked_out_anew_and_told_of() -> None:
    inside = einvoice(document("120 lines in yen"))

    assert not inside.is_exact
    assert found(inside.xml, "ram:Reason") == ["Tax rounded per line"]
    (note,) = found(inside.xml, "ram:IncludedNote/ram:Content")
    assert "The document itself says: net" in note


def test_a_third_decimal_is_rounded_and_told_of() -> None:
    inside = einvoice(document("dinars, three minor units"))

    assert summed(inside.xml)["GrandTotalAmount"].as_tuple().exponent == -2
    (note,) = found(inside.xml, "ram:IncludedNote/ram:Content")
    assert "total 199.325 KWD" in note


def test_a_credit_note_names_its_invoice() -> None:
    xml = einvoice(document("refunded in part")).xml

    assert found(xml, "rsm:ExchangedDocument/ram:TypeCode") == ["381"]
    assert found(xml, "ram:InvoiceReferencedDocument/ram:IssuerAssignedID") == ["INV-2026-000042"]


def test_a_transfer_has_the_account_and_the_day() -> None:
    xml = einvoice(document("german, by transfer")).xml

    assert found(xml, "ram:SpecifiedTradeSettlementPaymentMeans/ram:TypeCode") == ["58"]
    assert found(xml, "ram:IBANID") == ["DE02120300000000202051"]
    assert found(xml, "ram:BICID") == ["BYLADEM1001"]
    assert "20261211" in xml.decode()


@pytest.mark.parametrize("name", ["emoji and marks", "markup", "long names", "chinese"])
def test_what_buyers_type_is_text_in_it(name: str) -> None:
    case: Any = CORPUS[name]

    names = found(einvoice(document(name)).xml, "ram:BuyerTradeParty/ram:Name")

    assert names == [" ".join(case.address["name"].replace("\u202e", "").split())]


def test_an_earlier_row_that_knows_no_country_of_the_seller_is_valid_too(complaints: Complaints) -> None:
    invoice = document("plain")
    del invoice.seller["country"]

    assert complaints(einvoice(invoice).xml) == []


def test_a_name_that_nobody_can_see_is_told_as_one(complaints: Complaints) -> None:
    invoice = document("plain")
    invoice.buyer["billing_address"] = invoice.buyer["billing_address"] | {"name": "\u200b\u2060"}

    assert complaints(einvoice(invoice).xml) == []
