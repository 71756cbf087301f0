"""A supplier's document on its way: the form that it is sent by, S3, and what S3 tells on the queue."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import requests
from django.conf import settings

from accounts.models import User
from events import aws
from events.consume import consume
from events.models import Event
from invoices.incoming import services
from invoices.incoming.uploads import form_for
from invoices.models import IncomingDocument
from storage import bucket

QUEUE = "incoming-documents"
GOOD = {
    "customerName": "Kiln & Co",
    "invoiceNumber": "RE-17",
    "totalValue": 1290.5,
    "productId": "CLAY",
    "quantity": 3,
}
PATIENCE = 20.0  # seconds after which a test gives up waiting for a message


@dataclass(frozen=True)
class Upload:
    """An upload that somebody may send, by what the socket would answer."""

    id: UUID
    url: str
    fields: dict[str, str]

    @property
    def key(self) -> str:
        return f"incoming/{self.id}"

    def send(self, content: bytes | dict[str, Any], **fields: str) -> requests.Response:
        """As a browser sends the form."""
        body = json.dumps(content).encode() if isinstance(content, dict) else content
        return requests.post(self.url, data=self.fields | fields, files={"file": body}, timeout=10)

    @property
    def row(self) -> IncomingDocument:
        return IncomingDocument.objects.get(pk=self.id)

    @property
    def outcome(self) -> tuple[str, list[str]]:
        """Its state, and the codes of what is wrong with it."""
        return self.row.state, [error["code"] for error in self.row.errors]

    @property
    def told(self) -> list[str]:
        """The states that events tell of, in the order in which they were recorded."""
        events = Event.objects.filter(type="IncomingDocumentChanged", subject=f"import/{self.id}").order_by("id")
        return [event.data["state"] for event in events]


def asked(by: User) -> Upload:
    document = services.begin(by=by)
    form = form_for(document)
    return Upload(document.pk, form["url"], form["fields"])


def put(upload: Upload, content: bytes | dict[str, Any]) -> None:
    """Puts `content` under the upload's key past the form, and has the worker hear of it."""
    body = json.dumps(content).encode() if isinstance(content, dict) else content
    bucket.store(upload.key, body, content_type="application/octet-stream")
    hear(notice(upload.key))


def notice(*keys: str, name: str = "ObjectCreated:Post", where: str = "") -> str:
    """What S3 tells of objects that were put into a bucket."""
    return json.dumps(
        {
            "Records": [
                {
                    "eventVersion": "2.1",
                    "eventSource": "aws:s3",
                    "awsRegion": "eu-central-1",
                    "eventTime": "2026-11-27T12:00:00.000Z",
                    "eventName": name,
                    "s3": {
                        "s3SchemaVersion": "1.0",
                        "configurationId": QUEUE,
                        "bucket": {"name": where or settings.S3_BUCKET, "arn": "arn:aws:s3:::x"},
                        "object": {"key": key, "size": 100, "eTag": "0" * 32, "sequencer": "0055AED6DCD90281E5"},
                    },
                }
                for key in keys
            ]
        }
    )


def hear(body: str) -> None:
    """The queue hands the message to its task."""
    consume(QUEUE, body)


def message_about(key: str) -> str:
    """What S3 has really told of `key`; what else lies on the queue is taken from it."""
    sqs, url = aws.client("sqs"), settings.QUEUE_URL_PREFIX + QUEUE
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        answer = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            if key in message["Body"]:
                return str(message["Body"])
    raise AssertionError(f"S3 has told nothing of {key}.")


def under(prefix: str) -> list[str]:
    """The keys that begin with it."""
    return [key for page in bucket.pages(prefix) for key in page]


def remove_files() -> None:
    """All of them: an emulator keeps them for the next test."""
    for prefix in ("incoming/", "supplier-invoices/"):
        bucket.delete(under(prefix))
