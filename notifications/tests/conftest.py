"""A stand-in for SES on the wire, which keeps what it was sent and refuses on demand."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from pytest_django.fixtures import Settings

from events import aws
from invoices.tests.conftest import confirm, issue_for, place, shelf

__all__ = ["confirm", "issue_for", "place", "shelf"]

TAKEN = """<SendRawEmailResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><SendRawEmailResult>
<MessageId>ses-{number}</MessageId></SendRawEmailResult></SendRawEmailResponse>"""
REFUSED = """<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><Error><Type>Sender</Type>
<Code>{code}</Code><Message>{code}: {because}</Message></Error></ErrorResponse>"""


@dataclass
class Post:
    """What SES was sent. While `refusal` names an error code of SES's, it takes nothing."""

    raw: list[bytes] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    refusal: str = ""
    because: str = "for the test"
    asked: int = 0

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=default) for raw in self.raw]

    @property
    def only(self) -> EmailMessage:
        (mail,) = self.mails
        return mail

    def take(self, form: dict[str, list[str]]) -> tuple[int, str]:
        self.asked += 1
        if self.refusal:
            return 400, REFUSED.format(code=self.refusal, because=self.because)
        self.raw.append(base64.b64decode(form["RawMessage.Data"][0]))
        self.recipients.append(form["Destinations.member.1"])
        return 200, TAKEN.format(number=len(self.raw))


@pytest.fixture
def post(settings: Settings) -> Iterator[Post]:
    kept = Post()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, answer = kept.take(parse_qs(body))
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Stays silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    emulator = settings.AWS_ENDPOINT_URL
    aws._client.cache_clear()
    settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{server.server_address[1]}"
    aws.client("ses")  # keeps this address; all other services stay where they are
    settings.AWS_ENDPOINT_URL = emulator
    yield kept
    aws._client.cache_clear()
    server.shutdown()
    server.server_close()
