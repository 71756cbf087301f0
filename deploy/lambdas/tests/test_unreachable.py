"""What the handlers do when the shop does not answer as it should. No database: the shop is a socket's other end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from accounts.tests.cognito_events import post_confirmation, pre_authentication
from deploy.lambdas import triggers


class StandIn(ThreadingHTTPServer):
    """Answers with each of `statuses` in turn, 200 afterwards; `None` is no answer until the test ends."""

    def __init__(self) -> None:
        self.statuses: list[int | None] = []
        self.calls: list[str] = []
        self.body = b""
        self.ended = threading.Event()
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.calls.append(f"{self.command} {self.path}")
        status = self.server.statuses.pop(0) if self.server.statuses else 200
        if status is None:
            self.server.ended.wait(30)
            return
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_GET = do_POST  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:
        """Stays silent."""


@pytest.fixture(autouse=True)
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    with StandIn() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        monkeypatch.setenv("SHOP_API_URL", f"http://127.0.0.1:{server.server_address[1]}/")
        monkeypatch.setenv("TRIGGER_SECRET", "x" * 32)
        monkeypatch.setattr(triggers, "TIMEOUT", 0.3)
        yield server
        server.ended.set()
        server.shutdown()


@pytest.mark.parametrize("status", [500, 503, 401, 400, 404, 429, 301, 302, 307, None])
def test_nobody_signs_in_unchecked(shop: StandIn, status: int | None) -> None:
    shop.statuses = [status]
    with pytest.raises(triggers.Refused, match=r"^Sign-in cannot be checked right now\. Try again shortly\.$"):
        triggers.pre_authentication(pre_authentication(), None)
    assert shop.calls == ["POST /pre-authentication"]


@pytest.mark.parametrize("status", [503, 401, None])
def test_people_sign_in_unchecked_where_that_is_wanted(
    shop: StandIn, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, status: int | None
) -> None:
    monkeypatch.setenv("FAIL_OPEN", "true")
    shop.statuses = [status]
    event = pre_authentication()
    assert triggers.pre_authentication(event, None) == event
    assert "the shop was not asked about a sign-in" in caplog.text


def test_who_is_refused_stays_out_also_then(shop: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIL_OPEN", "true")
    shop.statuses, shop.body = [403], b'{"detail": "This account is blocked."}'
    with pytest.raises(triggers.Refused, match=r"^This account is blocked\.$"):
        triggers.pre_authentication(pre_authentication(), None)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b"null", b"\xff"])
def test_a_refusal_without_a_reason_is_one_too(shop: StandIn, body: bytes) -> None:
    shop.statuses, shop.body = [403], body
    with pytest.raises(triggers.Refused, match="The shop refuses this"):
        triggers.pre_authentication(pre_authentication(), None)


@pytest.mark.parametrize("status", [503, 429, None])
def test_a_sign_up_is_told_a_second_time_when_that_can_help(shop: StandIn, status: int | None) -> None:
    shop.statuses = [status]
    event = post_confirmation()
    assert triggers.post_confirmation(event, None) == event
    assert shop.calls == ["POST /confirmation"] * 2


@pytest.mark.parametrize(
    ("statuses", "calls"), [([503, 500], 2), ([None, None], 2), ([401], 1), ([400], 1), ([302], 1)]
)
def test_a_sign_up_that_cannot_be_told_says_that_nothing_is_lost(
    shop: StandIn, statuses: list[int | None], calls: int
) -> None:
    shop.statuses = statuses
    with pytest.raises(triggers.Refused, match="the account is made at the first sign-in"):
        triggers.post_confirmation(post_confirmation(), None)
    assert len(shop.calls) == calls


def test_a_new_password_is_not_held_up_by_a_shop_that_is_away(shop: StandIn) -> None:
    event = post_confirmation() | {"triggerSource": "PostConfirmation_ConfirmForgotPassword"}
    assert triggers.post_confirmation(event, None) == event
    assert shop.calls == []


def test_a_shop_that_is_away_is_a_failure_like_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_API_URL", "http://127.0.0.1:9")
    with pytest.raises(triggers.Refused, match="cannot be checked"):
        triggers.pre_authentication(pre_authentication(), None)
    with pytest.raises(triggers.Refused, match="could not be told"):
        triggers.post_confirmation(post_confirmation(), None)


def test_both_tries_together_end_before_cognito_gives_up() -> None:
    assert triggers.WITHIN < 5
    assert triggers.TIMEOUT <= 3
