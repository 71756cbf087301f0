"""Spans by OpenTelemetry's SDK, and where they go: to a collector by OTLP, to a file, or to the console.

They are sent from a thread of their own, in batches; what cannot be sent is dropped. No request waits for a trace.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import random
import sys
import time
from collections.abc import Sequence
from contextvars import Token
from pathlib import Path
from types import TracebackType
from typing import Any

from django.conf import settings
from opentelemetry import context as otel_context
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from api import context
from api.logs import without_secrets
from api.tracing import TRACEPARENT, Facts, Kind, Span

log = logging.getLogger(__name__)

EVERY = 500  # milliseconds between two batches
QUEUE, BATCH = 4096, 512  # spans: beyond the first number they are dropped
ANSWER_WITHIN = 5  # seconds that a collector may take
LARGEST_FILE = 32 * 1024 * 1024
"""Bytes after which the file of traces is put aside, in the place of the one before it."""


class _Begun(Span):
    def __init__(self, span: trace.Span) -> None:
        self._span = span
        self._token: Token[Any] | None = None

    @property
    def traceparent(self) -> str:  # type: ignore[override]  # it is read alone
        return _text(self._span)

    def __enter__(self) -> Span:
        self._token = otel_context.attach(trace.set_span_in_context(self._span))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._token is not None:
            otel_context.detach(self._token)
        if error is not None:
            self.fail(f"{type(error).__name__}: {error}")
        self.end()

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def tell(self, facts: Facts) -> None:
        self._span.set_attributes(facts)

    def fail(self, error: str) -> None:
        self._span.set_status(Status(StatusCode.ERROR, without_secrets(error)[:500]))

    def end(self) -> None:
        self._span.end()


class _Ids(RandomIdGenerator):
    def generate_trace_id(self) -> int:
        """Begins with the time, as all ids of X-Ray once had to: a trace's age can be read from it."""
        return (int(time.time()) << 96) | random.getrandbits(96)  # a name, and no secret


class Lines(SpanExporter):
    """A line of JSON for each span, appended in one write, for several processes share the file."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        text = "".join(f"{json.dumps(_line(span))}\n" for span in spans)
        if self.path is None:
            sys.stdout.write(text)
            sys.stdout.flush()
            return SpanExportResult.SUCCESS
        try:
            if self.path.exists() and self.path.stat().st_size > LARGEST_FILE:
                self.path.replace(put_aside(self.path))
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(descriptor, text.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            log.error("traces cannot be written to %s: %s", self.path, error)
            return SpanExportResult.FAILURE
        return SpanExportResult.SUCCESS


def put_aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.old")


def begin(name: str, facts: Facts, *, kind: Kind, parent: str | None) -> Span:
    tracer = _provider().get_tracer("shop")
    below = None if parent is None else _context(parent)
    return _Begun(tracer.start_span(name, below, SpanKind[kind.upper()], dict(facts)))


def at_hand() -> str:
    return _text(trace.get_current_span())


def flush() -> None:
    _provider().force_flush()


def _provider() -> TracerProvider:
    return _made(settings.TRACES, settings.TRACES_FILE, settings.TRACES_ENDPOINT, settings.TRACES_PERCENT)


@functools.cache
def _made(to: str, file: str, endpoint: str, percent: int) -> TracerProvider:
    resource = Resource({SERVICE_NAME: context.process(), SERVICE_VERSION: settings.VERSION})
    sampler = ParentBased(TraceIdRatioBased(percent / 100))
    provider = TracerProvider(sampler=sampler, resource=resource, id_generator=_Ids())
    exporter: SpanExporter
    if to == "otlp":
        exporter = OTLPSpanExporter(endpoint=f"{endpoint}/v1/traces", timeout=ANSWER_WITHIN)
    else:
        exporter = Lines(Path(file) if to == "file" else None)
    provider.add_span_processor(
        BatchSpanProcessor(exporter, QUEUE, EVERY, BATCH, export_timeout_millis=1000 * ANSWER_WITHIN)
    )
    return provider


def _context(traceparent: str) -> otel_context.Context:
    """The parent that `traceparent` names, or none at all: also not the span at hand."""
    found = TRACEPARENT.fullmatch(traceparent)
    if found is None:
        return otel_context.Context()
    trace_id, span_id, flags = (int(word, 16) for word in found.groups())
    there = SpanContext(trace_id, span_id, is_remote=True, trace_flags=TraceFlags(flags))
    return trace.set_span_in_context(NonRecordingSpan(there), otel_context.Context())


def _text(span: trace.Span) -> str:
    known = span.get_span_context()
    return f"00-{known.trace_id:032x}-{known.span_id:016x}-{known.trace_flags:02x}" if known.is_valid else ""


def _line(span: ReadableSpan) -> dict[str, Any]:
    """As `reading.py` reads it. Times are nanoseconds since 1970."""
    known = span.get_span_context()
    assert known is not None  # noqa: S101  (one that has ended has begun)
    return {
        "trace": f"{known.trace_id:032x}",
        "span": f"{known.span_id:016x}",
        "parent": f"{span.parent.span_id:016x}" if span.parent else "",
        "process": context.process(),
        "kind": span.kind.name.lower(),
        "name": span.name,
        "start": span.start_time,
        "end": span.end_time,
        "error": span.status.description or "",
        "facts": dict(span.attributes or {}),
    }
