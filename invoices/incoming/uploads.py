"""Uploads: the form by which one is sent, and what S3 tells of it, by its event notification, on a queue of its own.

S3's messages come late, twice, out of order, and several in one. All that counts is that there is something under the
key: what it is is read from the bucket, and whether it is still wanted from the row.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import Any
from urllib.parse import unquote_plus
from uuid import UUID

from django.conf import settings

from invoices.incoming import services
from invoices.incoming.facts import MAX_BYTES, TOO_LARGE, Facts, Form, Refused
from invoices.incoming.services import Kept
from invoices.models import IncomingDocument, SupplierInvoice
from storage import bucket

log = logging.getLogger(__name__)
State = IncomingDocument.State

PREFIX = "incoming/"
KEPT = "supplier-invoices/"
MEDIA_TYPES = {Form.JSON: "application/json", Form.XML: "application/xml", Form.PDF: "application/pdf"}


class NotAnUpload(Exception):
    """A message on the queue that S3 did not write, or writes in another way than it says."""


def form_for(document: IncomingDocument) -> dict[str, Any]:
    """`url` and `fields` of the form that the document's file is sent by."""
    return bucket.signed_form(_upload_key(document.pk), until=document.deadline, most=MAX_BYTES)


def take(body: str) -> None:
    """Imports what S3 says was uploaded. Raises NotAnUpload."""
    try:
        told = json.loads(body)
        if told.get("Event") == "s3:TestEvent":
            return
        if not (records := told["Records"]):
            raise ValueError("it tells of nothing")
        keys = [_key(record) for record in records]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotAnUpload(f"{type(error).__name__}: {error}, in {body[:200]!r}") from error
    for key in dict.fromkeys(filter(None, keys)):
        _import(key)


def _key(record: dict[str, Any]) -> str | None:
    """The key of what was put into our bucket."""
    told = record["s3"]
    if not str(record["eventName"]).startswith("ObjectCreated:") or told["bucket"]["name"] != settings.S3_BUCKET:
        log.warning("S3 tells of %s in %s, which is no upload", record["eventName"], told["bucket"]["name"])
        return None
    return unquote_plus(told["object"]["key"])


def _import(key: str) -> None:
    """Brings the upload under `key` to its end, and removes it, also one that comes too late. May run many times."""
    document_id = _document_of(key)
    document = services.receive(document_id=document_id) if document_id else None
    if document is None:
        log.warning("nobody has asked for an upload at %s, it is left there", key)
        return
    if document.is_open:
        try:
            _read(document, key)
        except FileNotFoundError:
            log.info("the upload at %s is gone, another worker may have it", key)
            return
    _tidy(document, key)


def _read(document: IncomingDocument, key: str) -> None:
    from invoices.incoming.reading import facts_of  # readers of XML and PDF, which only workers need

    try:
        if bucket.size(key) > MAX_BYTES:  # the form forbids it
            raise Refused(TOO_LARGE)
        content = bucket.read(key)
        facts = facts_of(content)
    except Refused as refused:
        state = State.NON_VALID_INVOICE_NUMBER if refused.is_about_the_number else State.INVOICE_REJECTED
        detail = " ".join(error.message for error in refused.errors)
        services.refuse(document_id=document.pk, state=state, detail=detail, errors=refused.errors)
        return
    if other := services.the_same(facts):
        state = State.NON_VALID_INVOICE_NUMBER
        services.refuse(document_id=document.pk, state=state, detail=services.duplicate_of(other))
        return
    _keep(document, content, facts)


def _keep(document: IncomingDocument, content: bytes, facts: Facts) -> None:
    """Puts the very bytes that were read where no form can change them, and the invoice into the books."""
    sha256 = hashlib.sha256(content).hexdigest()
    key = f"{_folder(document)}{sha256[:16]}.{facts.form.value}"
    bucket.store(key, content, content_type=MEDIA_TYPES[facts.form], download=True)
    services.keep(document_id=document.pk, facts=facts, kept=Kept(key=key, sha256=sha256, size=len(content)))


def _tidy(document: IncomingDocument, key: str) -> None:
    """Removes the upload, and what was put aside for an invoice that was cancelled, timed out or there already."""
    kept = SupplierInvoice.objects.filter(document=document).values_list("key", flat=True)
    for page in bucket.pages(_folder(document)):
        bucket.delete(page.keys() - set(kept))
    bucket.delete([key])


def _folder(document: IncomingDocument) -> str:
    return f"{KEPT}{document.requested_at:%Y}/{document.pk}/"


def _upload_key(document_id: UUID) -> str:
    return f"{PREFIX}{document_id}"


def _document_of(key: str) -> UUID | None:
    try:
        document_id = UUID(key.removeprefix(PREFIX))
    except ValueError:
        return None
    return document_id if key == _upload_key(document_id) else None
