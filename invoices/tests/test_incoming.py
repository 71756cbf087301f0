"""What suppliers send: uploaded by a form to S3, told of on the queue, imported by the worker, each once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from accounts.models import User
from invoices.errors import TooManyOpenDocuments
from invoices.incoming import services
from invoices.incoming.uploads import NotAnUpload
from invoices.models import IncomingDocument, SupplierInvoice
from invoices.tasks import forget_unfinished_documents, time_out_incoming_documents
from invoices.tests.incoming import GOOD, Upload, asked, hear, message_about, notice, put, remove_files, under
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


def overdue(upload: Upload) -> None:
    IncomingDocument.objects.filter(pk=upload.id).update(deadline=timezone.now() - timedelta(seconds=1))


def test_what_is_uploaded_by_the_form_is_told_by_s3_and_imported(upload: Upload, staff: User) -> None:
    content = json.dumps(GOOD).encode()

    assert upload.send(content).status_code == 204
    hear(message_about(upload.key))

    assert upload.told == ["INVOICE_RECEIVED", "INVOICE_PROCESSED"]
    row, invoice = upload.row, SupplierInvoice.objects.get()
    assert (row.state, row.requested_by, row.errors) == ("INVOICE_PROCESSED", staff, [])
    assert row.received_at and row.ended_at and row.requested_at <= row.received_at <= row.ended_at
    assert (invoice.document_id, invoice.kind, invoice.form) == (upload.id, "invoice", "json")
    assert (invoice.supplier, invoice.number, invoice.product_id, invoice.quantity) == (
        "Kiln & Co",
        "RE-17",
        "CLAY",
        3,
    )
    assert (invoice.total, invoice.currency) == (Decimal("1290.500"), "EUR")
    assert (invoice.sha256, invoice.size) == (hashlib.sha256(content).hexdigest(), len(content))
    assert bucket.read(invoice.key) == content
    assert under(upload.key) == []


def test_the_form_takes_one_key_and_ten_mib(upload: Upload, staff: User) -> None:
    other = asked(staff)

    assert upload.send(b"x" * (10 * MIB + 1)).status_code == 400
    assert upload.send(b"").status_code == 400
    assert upload.send(GOOD, key=other.key).status_code == 403
    assert under("incoming/") == []


@pytest.mark.parametrize("times", ["one message twice", "two records in one message"])
def test_what_s3_tells_twice_is_imported_once(times: str, upload: Upload) -> None:
    upload.send(GOOD)
    if times == "one message twice":
        hear(notice(upload.key))
        hear(notice(upload.key))
    else:
        hear(notice(upload.key, upload.key))

    assert SupplierInvoice.objects.count() == 1
    assert upload.told == ["INVOICE_RECEIVED", "INVOICE_PROCESSED"]


def test_a_message_may_tell_of_several_in_keys_that_are_url_encoded(upload: Upload, staff: User) -> None:
    other = asked(staff)
    upload.send(GOOD)
    other.send(GOOD | {"invoiceNumber": "RE-18"})

    hear(notice(upload.key.replace("/", "%2F"), other.key))

    assert {upload.row.state, other.row.state} == {"INVOICE_PROCESSED"}


def test_s3s_test_message_is_taken_quietly() -> None:
    hear(json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "shop", "RequestId": "1"}))

    assert not IncomingDocument.objects.exists()


@pytest.mark.parametrize(
    "body",
    ["", "no json", "[]", "null", "{}", '{"Records": [{}]}', '{"Records": 1}', '{"Records": []}', '{"Records": {}}'],
)
def test_what_s3_cannot_have_written_fails(body: str) -> None:
    with pytest.raises(NotAnUpload):
        hear(body)


def test_what_nobody_asked_for_is_left_where_it_is(upload: Upload) -> None:
    for key in ("incoming/readme.txt", "incoming/01900000-0000-7000-8000-000000000000", f"{upload.key}/more"):
        bucket.store(key, b"{}", content_type="application/json")
        hear(notice(key))
        assert under(key) == [key]
        bucket.delete([key])


def test_another_bucket_and_another_kind_of_event_say_nothing(upload: Upload) -> None:
    upload.send(GOOD)

    hear(notice(upload.key, where="somebody-elses"))
    hear(notice(upload.key, name="ObjectRemoved:Delete"))

    assert (upload.outcome, upload.told) == (("URL_GENERATED", []), [])


def test_a_message_that_comes_before_or_after_its_object_changes_nothing(upload: Upload) -> None:
    hear(notice(upload.key))
    assert upload.told == ["INVOICE_RECEIVED"]

    upload.send(GOOD)
    hear(notice(upload.key))
    assert upload.told == ["INVOICE_RECEIVED", "INVOICE_PROCESSED"]


# --- numbers ---


@pytest.mark.parametrize("number", ["re-17", " RE-17 "])
def test_a_number_of_a_supplier_comes_once_however_it_is_written(number: str, upload: Upload, staff: User) -> None:
    put(upload, GOOD)
    again = asked(staff)

    put(again, GOOD | {"invoiceNumber": number, "customerName": "KILN  &  Co"})

    assert again.outcome == ("NON_VALID_INVOICE_NUMBER", [])
    assert again.row.detail.startswith("This supplier has an invoice RE-17 already, imported on ")
    assert SupplierInvoice.objects.count() == 1
    assert len(under("supplier-invoices/")) == 1 and under("incoming/") == []


def test_another_supplier_may_have_the_same_number(upload: Upload, staff: User) -> None:
    put(upload, GOOD)
    other = asked(staff)

    put(other, GOOD | {"customerName": "Glaze & Sons"})

    assert other.outcome == ("INVOICE_PROCESSED", [])


@pytest.mark.parametrize("number", ["", "  ", "RECHNUNG", "RE-١٧", "RE\n17", "-17", "RE 17 <b>", "1" * 41, "Nº 17"])
def test_a_number_that_cannot_be_one_is_not_valid(number: str, upload: Upload) -> None:
    put(upload, GOOD | {"invoiceNumber": number})

    assert upload.outcome == ("NON_VALID_INVOICE_NUMBER", ["invalid_number"])
    assert upload.row.errors[0]["field"] == "invoiceNumber"
    assert not SupplierInvoice.objects.exists()


@pytest.mark.parametrize("number", ["7", "2026/0017", "RE-2026.17", "A 17_b#3", "1" * 40])
def test_numbers_as_people_write_them_are(number: str, upload: Upload) -> None:
    put(upload, GOOD | {"invoiceNumber": number})

    assert (upload.row.state, SupplierInvoice.objects.get().number) == ("INVOICE_PROCESSED", number)


# --- the end of an upload ---


def test_what_is_not_imported_in_time_is_timed_out(upload: Upload, staff: User) -> None:
    other = asked(staff)
    overdue(upload)

    time_out_incoming_documents()
    time_out_incoming_documents()

    assert (upload.row.state, upload.told) == ("TIMEOUT", ["TIMEOUT"])
    assert (other.row.state, other.told) == ("URL_GENERATED", [])


def test_one_that_was_received_and_not_checked_in_time_is_timed_out_too(upload: Upload) -> None:
    hear(notice(upload.key))
    overdue(upload)

    time_out_incoming_documents()

    assert upload.told == ["INVOICE_RECEIVED", "TIMEOUT"]


def test_the_deadline_holds_while_beat_is_away(upload: Upload) -> None:
    overdue(upload)

    put(upload, GOOD)

    assert upload.told == ["TIMEOUT"]
    assert not SupplierInvoice.objects.exists()
    assert under("incoming/") == []


def test_two_minutes_are_what_an_upload_has(upload: Upload, staff: User, settings: Settings) -> None:
    assert upload.row.deadline - upload.row.requested_at == timedelta(minutes=2)
    settings.INCOMING_TIMEOUT_SECONDS = 7
    assert asked(staff).row.deadline - timezone.now() < timedelta(seconds=7)


@pytest.mark.parametrize("end", ["cancel", "time_out"])
def test_an_upload_after_the_end_is_removed_and_changes_nothing(end: str, upload: Upload, staff: User) -> None:
    if end == "cancel":
        services.cancel(document_id=upload.id, by=staff)
    else:
        overdue(upload)
        time_out_incoming_documents()
    before = upload.told

    put(upload, GOOD)

    assert upload.told == before == [{"cancel": "INVOICE_CANCELLED", "time_out": "TIMEOUT"}[end]]
    assert not SupplierInvoice.objects.exists()
    assert under("incoming/") == [] == under("supplier-invoices/")


def test_a_second_upload_by_the_same_form_replaces_nothing(upload: Upload) -> None:
    put(upload, GOOD)
    invoice = SupplierInvoice.objects.get()

    assert upload.send(GOOD | {"totalValue": 1}).status_code == 204
    hear(notice(upload.key))

    assert json.loads(bucket.read(invoice.key)) == GOOD
    assert SupplierInvoice.objects.get().total == invoice.total
    assert under("incoming/") == []


def test_a_cancel_of_what_has_ended_leaves_it_as_it_is(upload: Upload, staff: User) -> None:
    put(upload, GOOD)

    found = services.cancel(document_id=upload.id, by=staff)

    assert found is not None and found.state == "INVOICE_PROCESSED"
    assert upload.told == ["INVOICE_RECEIVED", "INVOICE_PROCESSED"]


def test_one_person_has_twenty_open_at_most(staff: User, customer: User) -> None:
    uploads = [asked(staff) for _ in range(20)]

    with pytest.raises(TooManyOpenDocuments):
        asked(staff)

    asked(customer)
    services.cancel(document_id=uploads[3].id, by=staff)
    asked(staff)


def test_what_led_to_nothing_is_forgotten_after_some_days(upload: Upload, staff: User, settings: Settings) -> None:
    settings.INCOMING_UNFINISHED_DAYS = 7
    still_open, imported, recent = asked(staff), asked(staff), asked(staff)
    put(imported, GOOD)
    for each in (upload, recent):
        services.cancel(document_id=each.id, by=staff)
    long_ago = timezone.now() - timedelta(days=8)
    IncomingDocument.objects.filter(pk__in=[upload.id, imported.id]).update(ended_at=long_ago)

    forget_unfinished_documents()

    left = IncomingDocument.objects.values_list("pk", flat=True)
    assert set(left) == {still_open.id, imported.id, recent.id}


# --- several at once ---


def at_once(*works: Callable[[], object]) -> None:
    """Runs each in a thread with a connection of its own."""

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as threads:
        for future in [threads.submit(run, work) for work in works]:
            future.result()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_upload_make_one_invoice(staff: User) -> None:
    for number in range(5):
        upload = asked(staff)
        upload.send(GOOD | {"invoiceNumber": f"RE-{number}"})
        at_once(*[partial(hear, notice(upload.key))] * 3)
        assert upload.told == ["INVOICE_RECEIVED", "INVOICE_PROCESSED"]

    assert SupplierInvoice.objects.count() == 5
    assert sorted(under("supplier-invoices/")) == sorted(SupplierInvoice.objects.values_list("key", flat=True))


@pytest.mark.django_db(transaction=True)
def test_of_two_uploads_with_one_number_one_is_imported(staff: User) -> None:
    for number in range(5):
        uploads = [asked(staff), asked(staff)]
        for upload in uploads:
            upload.send(GOOD | {"invoiceNumber": f"RE-{number}"})
        at_once(*(partial(hear, notice(upload.key)) for upload in uploads))
        assert sorted(upload.row.state for upload in uploads) == ["INVOICE_PROCESSED", "NON_VALID_INVOICE_NUMBER"]

    assert sorted(under("supplier-invoices/")) == sorted(SupplierInvoice.objects.values_list("key", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_cancel_and_a_worker_do_not_both_win(staff: User) -> None:
    for number in range(8):
        upload = asked(staff)
        upload.send(GOOD | {"invoiceNumber": f"RE-{number}"})
        at_once(partial(hear, notice(upload.key)), partial(services.cancel, document_id=upload.id, by=staff))
        ends = [state for state in upload.told if state != "INVOICE_RECEIVED"]
        assert ends == [upload.row.state]
        assert SupplierInvoice.objects.filter(document_id=upload.id).exists() == (ends == ["INVOICE_PROCESSED"])

    assert sorted(under("supplier-invoices/")) == sorted(SupplierInvoice.objects.values_list("key", flat=True))
    assert under("incoming/") == []
