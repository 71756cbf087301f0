"""What a file must be to be imported: JSON, XML or a PDF with XML inside, and nothing that was made to do harm."""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from lxml import etree
from pypdf import PdfWriter

from accounts.models import User
from events.envelope import to_wire
from events.models import Event
from invoices.models import SupplierInvoice
from invoices.rendering import pdf
from invoices.rendering.einvoice import einvoice
from invoices.tests.corpus import document
from invoices.tests.incoming import GOOD, Upload, asked, put, remove_files, under
from storage import bucket

pytestmark = pytest.mark.django_db
MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def no_file_stays(db: None) -> Iterator[None]:
    yield
    remove_files()


@pytest.fixture
def upload(staff: User) -> Upload:
    return asked(staff)


@pytest.fixture
def xml() -> bytes:
    """An invoice over 55.69 EUR, as another shop of ours would send it."""
    return einvoice(document("plain")).xml


def changed(xml: bytes, old: str, new: str) -> bytes:
    assert old in xml.decode()
    return xml.replace(old.encode(), new.encode())


def refused(upload: Upload, content: bytes | dict[str, Any]) -> list[str]:
    """The codes that it is rejected with."""
    put(upload, content)
    state, codes = upload.outcome
    assert state == "INVOICE_REJECTED"
    assert all(set(error) == {"field", "code", "message"} and error["message"] for error in upload.row.errors)
    assert upload.row.detail
    assert not SupplierInvoice.objects.exists()
    assert under("incoming/") == [] == under("supplier-invoices/")
    return codes


# --- JSON ---


@pytest.mark.parametrize(
    ("text", "total"),
    [
        ("0.1", "0.1"),
        ("0.30000000000000000", "0.3"),
        ("1290", "1290"),
        ('"1290.50"', "1290.50"),
        ("1.29e3", "1290"),
        ("999999999999.99", "999999999999.99"),
        ("0", "0"),
    ],
)
def test_a_total_is_what_its_digits_say(text: str, total: str, upload: Upload) -> None:
    put(upload, json.dumps(GOOD).replace("1290.5", text).encode())

    assert upload.outcome == ("INVOICE_PROCESSED", [])
    assert SupplierInvoice.objects.get().total == Decimal(total)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("NaN", "invalid_json"),
        ("-Infinity", "invalid_json"),
        ("1e999", "invalid_amount"),
        ("1e99", "too_large"),
        ("1e12", "too_large"),
        ("12.905", "invalid_amount"),
        ("-0.01", "negative"),
        ('"1.290,50"', "invalid_amount"),
        ('"١٢٩٠"', "invalid_amount"),
        ('"1_290"', "invalid_amount"),
        ("true", "not_a_number"),
        ("null", "not_a_number"),
        ("[1290]", "not_a_number"),
        ("1" * 5000, "invalid_amount"),
    ],
)
def test_a_total_that_is_no_amount_is_refused(text: str, code: str, upload: Upload) -> None:
    assert refused(upload, json.dumps(GOOD).replace("1290.5", text).encode()) == [code]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": -1}, "out_of_range"),
        ({"quantity": 0}, "out_of_range"),
        ({"quantity": 2**31}, "out_of_range"),
        ({"quantity": 1.5}, "not_an_integer"),
        ({"quantity": "12"}, "not_an_integer"),
        ({"quantity": True}, "not_an_integer"),
        ({"customerName": ""}, "required"),
        ({"customerName": "K" * 201}, "too_long"),
        ({"customerName": "Kiln\u202e"}, "invalid"),
        ({"customerName": 7}, "not_a_string"),
        ({"invoiceNumber": 17}, "not_a_string"),
        ({"productId": None}, "not_a_string"),
        ({"vat": "19"}, "unknown_field"),
    ],
)
def test_a_field_that_is_wrong_is_named(change: dict[str, Any], code: str, upload: Upload) -> None:
    assert refused(upload, GOOD | change) == [code]
    assert upload.row.errors[0]["field"] == next(iter(change))


@pytest.mark.parametrize("key", GOOD)
def test_no_key_may_be_left_out(key: str, upload: Upload) -> None:
    assert refused(upload, {name: value for name, value in GOOD.items() if name != key}) == ["required"]
    assert upload.row.errors[0]["field"] == key


def test_of_thousands_of_unknown_keys_as_many_are_told_as_go_into_one_message(upload: Upload) -> None:
    assert refused(upload, GOOD | {f"{number:0100}": 1 for number in range(3000)}) == ["unknown_field"] * 5
    event = Event.objects.get(subject=f"import/{upload.id}", data__state="INVOICE_REJECTED")
    event.position = 1
    assert to_wire(event)


def test_all_that_is_wrong_is_told_at_once(upload: Upload) -> None:
    bad = GOOD | {"quantity": -1, "totalValue": "much", "invoiceNumber": "?", "customerName": " "}

    assert sorted(refused(upload, bad)) == ["invalid_amount", "invalid_number", "out_of_range", "required"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \n\t ", "empty"),
        (b"\x00\x01\x02", "invalid_json"),
        (b"\xff\xfe\xfa", "invalid_json"),
        (b"PK\x03\x04 a spreadsheet", "invalid_json"),
        (b"[" * MIB, "invalid_json"),
        (b"[]", "not_an_object"),
        (b'{"customerName": "a", "customerName": "b"}', "invalid_json"),
        (json.dumps(GOOD | {"customerName": "Kiln\x00"}).encode(), "invalid_json"),
        (json.dumps(GOOD | {"customerName": "\ud800"}).encode(), "invalid_json"),
        (b"x" * (10 * MIB + 1), "too_large"),
    ],
)
def test_junk_is_refused(content: bytes, code: str, upload: Upload) -> None:
    assert refused(upload, content) == [code]


# --- XML ---


@pytest.mark.parametrize("name", ["plain", "german, by transfer", "chinese", "refunded in part", "long names"])
def test_our_own_invoices_would_be_imported_by_another_shop(name: str, upload: Upload) -> None:
    issued = document(name)

    put(upload, einvoice(issued).xml)

    assert upload.outcome == ("INVOICE_PROCESSED", [])
    invoice = SupplierInvoice.objects.get()
    assert (invoice.number, invoice.kind, invoice.form) == (issued.number, issued.kind, "xml")
    assert (invoice.supplier, invoice.currency) == (issued.seller["name"], issued.currency)
    assert invoice.total == Decimal(issued.totals["total"])
    assert invoice.issued_on == issued.issued_at.date()


def test_a_document_in_utf_16_is_one_too(upload: Upload, xml: bytes) -> None:
    put(upload, etree.tostring(etree.fromstring(xml), encoding="UTF-16"))

    assert upload.outcome == ("INVOICE_PROCESSED", [])


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("<ram:GrandTotalAmount>55.69<", "<ram:GrandTotalAmount>55.70<", "wrong_total"),
        ("<ram:InvoiceCurrencyCode>EUR<", "<ram:InvoiceCurrencyCode>XXX<", "invalid_currency"),
        ("urn:cen.eu:en16931:2017", "urn:cen.eu:en16931:2099", "unknown_profile"),
        ("<ram:TypeCode>380<", "<ram:NoSuch>380</ram:NoSuch><ram:TypeCode>380<", "schema"),
        ("CrossIndustryInvoice", "Order", "not_an_invoice"),
        ("</rsm:CrossIndustryInvoice>", "", "invalid_xml"),
    ],
)
def test_xml_that_is_no_sound_invoice_is_refused(old: str, new: str, code: str, upload: Upload, xml: bytes) -> None:
    assert refused(upload, changed(xml, old, new))[0] == code


@pytest.mark.parametrize(
    "profile",
    [
        "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended",
        "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
    ],
)
def test_other_profiles_with_lines_are_taken_too(profile: str, upload: Upload, xml: bytes) -> None:
    put(upload, changed(xml, "urn:cen.eu:en16931:2017", profile))

    assert upload.outcome == ("INVOICE_PROCESSED", [])


def test_a_document_is_held_to_the_profile_that_it_names(upload: Upload, xml: bytes) -> None:
    """The smallest has no lines, and this one has."""
    minimum = changed(xml, "urn:cen.eu:en16931:2017", "urn:factur-x.eu:1p0:minimum")

    assert set(refused(upload, minimum)) == {"schema"}


def test_a_number_in_xml_that_cannot_be_one_is_not_valid(upload: Upload, xml: bytes) -> None:
    put(upload, changed(xml, document("plain").number, "RE?17"))

    assert upload.outcome == ("NON_VALID_INVOICE_NUMBER", ["invalid_number"])


BOMB = '<!DOCTYPE r [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(12)
)


@pytest.mark.parametrize(
    ("declared", "number"),
    [
        ('<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>', "&x;"),
        ('<!DOCTYPE r SYSTEM "http://127.0.0.1:9/evil.dtd">', "RE-1"),
        ('<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p;]>', "RE-1"),
        (f"{BOMB}]>", "&m;"),
    ],
)
def test_entities_are_not_expanded_and_nothing_is_fetched(
    declared: str, number: str, upload: Upload, xml: bytes
) -> None:
    root = xml[xml.index(b"<rsm:") :]
    evil = declared.encode() + changed(root, document("plain").number, number)

    assert refused(upload, evil)[0] in ("doctype", "invalid_xml")


def test_xml_that_is_nested_without_end_is_refused(upload: Upload) -> None:
    assert refused(upload, b"<a>" * 100_000) == ["invalid_xml"]


# --- PDF ---


def a_pdf(*embedded: tuple[str, bytes]) -> bytes:
    writer, output = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    for name, content in embedded:
        writer.add_attachment(name, content)
    writer.write(output)
    return output.getvalue()


@pytest.mark.parametrize("name", ["plain", "refunded in part"])
def test_our_own_pdfs_would_be_imported_by_another_shop(name: str, upload: Upload) -> None:
    issued = document(name)
    content = pdf.render(issued)

    put(upload, content)

    assert upload.outcome == ("INVOICE_PROCESSED", [])
    invoice = SupplierInvoice.objects.get()
    assert (invoice.number, invoice.kind, invoice.form) == (issued.number, issued.kind, "pdf")
    assert invoice.total == Decimal(issued.totals["total"])
    assert bucket.read(invoice.key) == content


@pytest.mark.parametrize("name", ["factur-x.xml", "ZUGFeRD-invoice.xml", "xrechnung.xml"])
def test_the_xml_is_found_by_each_of_its_names(name: str, upload: Upload, xml: bytes) -> None:
    put(upload, a_pdf(("terms.txt", b"Net 30"), (name, xml)))

    assert upload.outcome == ("INVOICE_PROCESSED", [])


def test_a_pdf_without_an_invoice_inside_is_refused(upload: Upload) -> None:
    assert refused(upload, a_pdf(("terms.txt", b"Net 30"))) == ["no_invoice_inside"]


def test_what_is_inside_is_held_to_the_same_rules(upload: Upload) -> None:
    assert refused(upload, a_pdf(("factur-x.xml", b"<a/>"))) == ["not_an_invoice"]


@pytest.mark.parametrize(
    "part", [b"%PDF-1.7", b"%PDF-1.7\n" + b"1 0 obj <<" * 10_000, b"%PDF-1.7\n%%EOF\nstartxref\n9"]
)
def test_a_broken_pdf_is_refused(part: bytes, upload: Upload) -> None:
    assert refused(upload, part) == ["invalid_pdf"]


def test_a_pdf_that_is_cut_off_is_refused(upload: Upload, xml: bytes) -> None:
    content = a_pdf(("factur-x.xml", xml))

    assert refused(upload, content[: len(content) // 3])[0] in ("invalid_pdf", "no_invoice_inside")


def test_a_locked_pdf_is_refused(upload: Upload, xml: bytes) -> None:
    writer, output = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.add_attachment("factur-x.xml", xml)
    writer.encrypt("secret", algorithm="AES-256")
    writer.write(output)

    assert refused(upload, output.getvalue()) == ["encrypted"]


@pytest.mark.parametrize(("mib", "code"), [(50, "too_large"), (100, "invalid_pdf")])
def test_a_small_pdf_that_unpacks_to_a_huge_file_is_refused(mib: int, code: str, upload: Upload) -> None:
    """So many megabytes of blanks in as many kilobytes. From 75 on, pypdf itself gives up."""
    writer, output = PdfWriter(), io.BytesIO()
    writer.add_blank_page(100, 100)
    writer.add_attachment("factur-x.xml", b"@" * 64)
    writer.write(output)
    packed = zlib.compress(b" " * mib * MIB, 9)
    head = b"/Length 64"
    content = output.getvalue()
    assert head in content
    content = content.replace(head, b"/Filter /FlateDecode /Length %d" % len(packed)).replace(b"@" * 64, packed)

    assert refused(upload, content) == [code]
