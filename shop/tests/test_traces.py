"""One trace, from the requests over outbox, topic, queues and worker to mail, PDF and socket."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from api import tracing
from api.tracing.reading import Line, spans_of
from events.tests.conftest import processes, wait_until
from invoices.tests.conftest import shelf
from local.aws import provision
from orders.tests.conftest import body_for
from shop.tests.conftest import Listen

__all__ = ["shelf"]
pytestmark = pytest.mark.django_db(transaction=True)
ClientOf = Callable[[User], APIClient]
TRACE, BROWSER = "6929a0a54bf92f3577b34da6a3ce929d", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{BROWSER}-01"
RESOURCES = ("SNS_TOPIC_ARN", "EVENT_BUS_NAME", "QUEUE_URL_PREFIX", "S3_BUCKET", "SES_CONFIGURATION_SET")
WAY = {
    ("POST /orders",),
    ("POST /orders", "place_order"),
    ("POST /orders", "place_order", "push OrderCreated"),
    ("POST /orders", "place_order", "publish OrderCreated"),
    ("POST /orders", "place_order", "publish OrderCreated", "emails: OrderCreated"),
    ("POST /orders", "place_order", "publish OrderCreated", "emails: OrderCreated", "wait for SES's rate"),
    ("POST /orders", "place_order", "publish OrderCreated", "emails: OrderCreated", "SES SendRawEmail"),
}
CONFIRM = ("POST /orders/<uuid:order_id>/confirm",)
ISSUE = (*CONFIRM, "publish OrderConfirmed", "invoices: OrderConfirmed")
TELL = (*ISSUE, "publish InvoiceGenerated", "emails: InvoiceGenerated")
WAY |= {
    CONFIRM,
    (*CONFIRM, "push OrderConfirmed"),
    (*CONFIRM, "publish OrderConfirmed"),
    ISSUE,
    (*ISSUE, "PDF render"),
    (*ISSUE, "S3 PutObject"),
    (*ISSUE, "push InvoiceGenerated"),
    (*ISSUE, "publish InvoiceGenerated"),
    TELL,
    (*TELL, "S3 GetObject"),
    (*TELL, "wait for SES's rate"),
    (*TELL, "SES SendRawEmail"),
}
"""Every span of two requests of one trace, each below those that it stands under."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "traces.jsonl"


@pytest.fixture
def traced(settings: Settings, file: Path) -> None:
    """This process traces whatever it is asked for, and goes on with the traces of its callers."""
    settings.TRACES, settings.TRACES_FILE, settings.TRACES_PERCENT = "file", str(file), 100
    settings.TRACES_CONTINUED = True
    settings.MIDDLEWARE = ["api.middleware.trace", *settings.MIDDLEWARE]


@pytest.fixture
def running(traced: None, transactional_db: None, settings: Settings, file: Path, tmp_path: Path) -> Iterator[None]:
    """Relay and worker, traced into the same file, on a topic and queues of their own."""
    name = f"traced-{uuid.uuid4().hex[:8]}"
    made = provision(settings.AWS_ENDPOINT_URL, name=name, environment=os.environ)
    for setting in RESOURCES:
        setattr(settings, setting, made[setting])
    here = {setting: made[setting] for setting in RESOURCES} | {"TRACES": "file", "TRACES_FILE": str(file)}
    with processes(here, logs=tmp_path) as start:
        start("manage.py", "relay")
        start("-m", "celery", "-A", "shop", "worker", "--pool", "solo", "-Q", "emails,invoices", "--loglevel", "INFO")
        yield


def ways(file: Path, trace_id: str) -> set[tuple[str, ...]]:
    """Each span's name behind those of all that it stands below."""
    known = {span.span: span for span in spans_of(file, [trace_id])[trace_id]}

    def way(span: Line) -> tuple[str, ...]:
        return (*way(known[span.parent]), span.name) if span.parent in known else (span.name,)

    return {way(span) for span in known.values()}


@pytest.mark.usefixtures("shelf", "running")
def test_one_trace_leads_from_the_requests_to_mail_pdf_and_socket(
    file: Path, listen: Listen, customer: User, staff: User, client_of: ClientOf
) -> None:
    feed = listen(customer)
    feed.hello()
    buyer, shop = client_of(customer), client_of(staff)

    placed = buyer.post("/orders", body_for(("MUG", 2)), HTTP_TRACEPARENT=TRACEPARENT).json()
    confirmed = shop.post(f"/orders/{placed['id']}/confirm", HTTP_TRACEPARENT=TRACEPARENT)

    assert confirmed.status_code == 200
    assert [feed.read()["type"] for _ in range(3)] == ["OrderCreated", "OrderConfirmed", "InvoiceGenerated"]
    tracing.flush()

    wait_until(lambda: ways(file, TRACE) >= WAY)

    assert ways(file, TRACE) == WAY
    spans = spans_of(file, [TRACE])[TRACE]
    assert {span.parent for span in spans} - {span.span for span in spans} == {BROWSER}
    assert {span.process for span in spans} >= {"relay", "worker"}
    assert not [span for span in spans if span.error]
    printed = StringIO()
    call_command("trace", placed["number"], stdout=printed)
    assert [line for line in printed.getvalue().splitlines() if "trace " in line] == [
        f"trace {TRACE}, {len(spans)} spans"
    ]


def test_a_trace_that_a_stranger_began_is_not_gone_on_with(
    traced: None, settings: Settings, file: Path, guest: APIClient
) -> None:
    settings.TRACES_CONTINUED = False

    guest.get("/products", HTTP_TRACEPARENT=TRACEPARENT)
    tracing.flush()

    assert ways(file, TRACE) == set()
    assert "GET /products" in file.read_text()


def test_a_span_tells_what_failed_and_nothing_about_anybody(
    traced: None, file: Path, client_of: ClientOf, customer: User
) -> None:
    with pytest.raises(RuntimeError), tracing.span("mail", parent=TRACEPARENT):
        raise RuntimeError("carla@example.com said no")
    client_of(customer).get("/orders?limit=7", HTTP_TRACEPARENT=TRACEPARENT)
    tracing.flush()

    failed, asked = spans_of(file, [TRACE])[TRACE]
    assert failed.error == "RuntimeError: [removed] said no"
    assert (asked.name, asked.facts["status"]) == ("GET /orders", 200)
    assert set(asked.facts) == {"status", "request_id"}


def test_who_asks_for_a_trace_that_there_is_not_is_told_so(
    traced: None, settings: Settings, file: Path, shelf: None, guest: APIClient
) -> None:
    for name, why in (
        (TRACE, "holds no span"),
        ("2026-999999", "There is no order"),
        ("no number", "There is no order"),
    ):
        with pytest.raises(CommandError, match=why):
            call_command("trace", name)
    settings.TRACES, settings.MIDDLEWARE = "off", settings.MIDDLEWARE[1:]
    number = guest.post("/orders", body_for(("MUG", 1), email="g@example.com")).json()["number"]
    with pytest.raises(CommandError, match="was not traced"):
        call_command("trace", number)


def test_a_file_of_traces_that_grows_too_large_is_put_aside(traced: None, file: Path) -> None:
    with tracing.span("first", parent=TRACEPARENT):
        pass
    tracing.flush()
    with file.open("a") as more:
        more.truncate(40 * 1024 * 1024)
    for name in ("second", "third"):
        with tracing.span(name, parent=TRACEPARENT):
            pass
        tracing.flush()

    assert [line.name for line in spans_of(file, [TRACE])[TRACE]] == ["first", "second", "third"]
    assert file.stat().st_size < 2000


def test_a_collector_is_sent_spans_by_otlp(settings: Settings) -> None:
    taken: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append((self.path, gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Stays silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.TRACES, settings.TRACES_ENDPOINT = "otlp", f"http://127.0.0.1:{server.server_address[1]}"
        with tracing.span("told", {"event_id": "e-1"}, kind="client", parent=TRACEPARENT):
            pass
        tracing.flush()
        server.shutdown()

    ((path, body),) = taken
    (told,) = ExportTraceServiceRequest.FromString(body).resource_spans
    (span,) = told.scope_spans[0].spans
    assert path == "/v1/traces"
    assert (span.name, span.trace_id.hex(), span.parent_span_id.hex()) == ("told", TRACE, BROWSER)
    assert [(fact.key, fact.value.string_value) for fact in span.attributes] == [("event_id", "e-1")]
    assert "service.name" in {fact.key for fact in told.resource.attributes}


def test_without_traces_opentelemetry_is_not_even_loaded() -> None:
    look = "import shop.wsgi, sys; print([name for name in sys.modules if name.startswith('opentelemetry')])"
    told = subprocess.run([sys.executable, "-c", look], check=True, capture_output=True, text=True)

    assert told.stdout.strip() == "[]"
