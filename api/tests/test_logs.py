"""The log's formatter leaves out what may be in no log, whoever has written it."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from pytest_django.fixtures import Settings

from api import tracing
from api.context import concerning
from api.logs import Formatter, JSONLines, secrets_in

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"refused {TOKEN}", TOKEN),
        ("GET /orders/1?tracking_token=abc:def-1&x=2", "abc:def-1"),
        ("Authorization: Bearer opaque.token~1", "opaque.token~1"),
        ("mail to carla+shop@example.co.uk failed", "carla+shop@example.co.uk"),
        ("paid with 4111 1111 1111 1111.", "4111 1111 1111 1111"),
        ("paid with 5500005555555559", "5500005555555559"),
    ],
)
def test_a_secret_is_found_and_left_out(text: str, secret: str) -> None:
    record = logging.LogRecord("any", logging.INFO, "", 0, "%s", (text,), None)

    assert secrets_in(text) == [secret]
    assert Formatter().format(record) == text.replace(secret, "[removed]")


def test_an_exceptions_text_is_looked_through_too() -> None:
    try:
        raise ValueError("no such person: carla@example.com")
    except ValueError:
        record = logging.LogRecord("any", logging.ERROR, "", 0, "it failed", (), sys.exc_info())

    assert "no such person: [removed]" in Formatter().format(record)


@pytest.mark.parametrize(
    "text",
    [
        "order 2026-000024 of 01a21f21-92de-709c-8fc9-719b94a7fa38",
        "4111111111111112 is no number of a card",
        "1700000000000 ms, position 123456789012345678",
        "arn:aws:sns:eu-central-1:123456789012:shop",
        "request 9995dad61684475d9bb7baa9852820a6",
    ],
)
def test_what_is_none_stays(text: str) -> None:
    assert secrets_in(text) == []


def test_as_json_a_record_carries_the_ids_of_what_was_at_hand(settings: Settings) -> None:
    settings.TRACES, settings.TRACES_PERCENT = "console", 100
    record = logging.LogRecord("any", logging.WARNING, "", 0, "mail to %s\nfailed", ("carla@example.com",), None)
    record.event_id = "e-1"
    with concerning(order_id="o-1"), tracing.span("test", parent=f"00-{'ab' * 16}-{'cd' * 8}-00"):
        line = JSONLines().format(record)

    told = json.loads(line)
    assert "\n" not in line
    assert {name: told[name] for name in ("level", "logger", "message", "order_id", "event_id", "trace_id")} == {
        "level": "WARNING",
        "logger": "any",
        "message": "mail to [removed]\nfailed",
        "order_id": "o-1",
        "event_id": "e-1",
        "trace_id": "ab" * 16,
    }


def test_as_json_a_traceback_is_part_of_its_line() -> None:
    try:
        raise ValueError("no such person: carla@example.com")
    except ValueError:
        record = logging.LogRecord("any", logging.ERROR, "", 0, "it failed", (), sys.exc_info())

    line = JSONLines().format(record)

    assert "\n" not in line
    assert "ValueError: no such person: [removed]" in json.loads(line)["exception"]
    assert "order_id" not in json.loads(line)
