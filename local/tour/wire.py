"""The tour's three connections: HTTP, the live feed, and the mailbox that the local set-up keeps."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import requests
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from local.tour.guide import PATIENCE, Disappointed, Guide, NotRunning, brief, expect

WITHIN = 15  # seconds for one answer


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any
    headers: requests.structures.CaseInsensitiveDict[str]

    def must_be(self, status: int, code: str = "") -> Any:
        """The body, if the answer is that one; for a problem, `code` is its stable code."""
        wanted = f"{status} {code}".strip()
        expect(
            wanted, self.status == status and (not code or self._code == code), f"{self.status} {brief(self.body, 500)}"
        )
        return self.body

    @property
    def _code(self) -> str:
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""

    def summary(self) -> str:
        if isinstance(self.body, dict) and "code" in self.body and "detail" in self.body:
            return f"{self.body['code']}: {self.body['detail']}"
        if isinstance(self.body, dict) and "access_token" in self.body:
            return "an access token, an id token, a refresh token"
        if isinstance(self.body, dict) and {"number", "status", "totals"} <= self.body.keys():
            total = f"{self.body['totals']['total']} {self.body['currency']}"
            return f"order {self.body['number']}, {self.body['status']}, {total}"
        if isinstance(self.body, dict) and "variants" in self.body:
            stocks = ", ".join(f"{variant['stock']} of {variant['sku']}" for variant in self.body["variants"])
            return f"{self.body['name']}, in stock: {stocks}"
        if isinstance(self.body, dict) and "results" in self.body:
            return f"{len(self.body['results'])} of them{', and there are more' if self.body['next'] else ''}"
        return brief(self.body)


class Api:
    def __init__(self, base: str, guide: Guide) -> None:
        self.base = base
        self.guide = guide
        self.session = requests.Session()
        self.session.trust_env = False

    def send(
        self, method: str, path: str, body: Any = None, *, token: str = "", key: str = "", raw: bytes | None = None
    ) -> Answer:
        """One request, told to the reader. Passwords are not."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        if raw is not None:
            headers["Content-Type"] = "application/json"
        shown = body | {"password": "…"} if isinstance(body, dict) and "password" in body else body
        text = (
            raw.decode(errors="replace")
            if raw is not None
            else ""
            if body is None
            else json.dumps(shown, ensure_ascii=False)
        )
        self.guide.sent(f"{method} {path} {f'(Idempotency-Key {key}) ' if key else ''}{text}")
        try:
            reply = self.session.request(
                method,
                self.base + path,
                json=body if raw is None else None,
                data=raw,
                headers=headers,
                timeout=WITHIN,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise NotRunning(f"{self.base} does not answer ({type(error).__name__})") from error
        try:
            content = reply.json() if reply.content else None
        except ValueError:
            content = reply.text
        answer = Answer(reply.status_code, content, reply.headers)
        replayed = " (replayed)" if reply.headers.get("Idempotency-Replayed") == "true" else ""
        self.guide.came(f"{answer.status}{replayed} {answer.summary() if content is not None else ''}".rstrip())
        return answer

    def upload(self, url: str, fields: dict[str, str], document: dict[str, Any]) -> int:
        """A form with one file, as a browser sends it; gives the status."""
        try:
            file = {"file": json.dumps(document).encode()}
            return self.session.post(url, data=fields, files=file, timeout=WITHIN).status_code
        except requests.RequestException as error:
            raise Disappointed("an answer from the signed form's address", type(error).__name__) from error

    def download(self, url: str) -> requests.Response:
        """A plain GET without any sign-in, as a browser follows a link."""
        try:
            return self.session.get(url, timeout=WITHIN)
        except requests.RequestException as error:
            raise Disappointed("an answer from the signed address", type(error).__name__) from error


class Live:
    """One open socket of one user; `messages` keeps what came after the hello."""

    def __init__(self, base: str, token: str, *, after: str = "", name: str = "") -> None:
        self.name = name
        self.messages: list[dict[str, Any]] = []
        address = f"{base}/ws/events{f'?after={after}' if after else ''}"
        try:
            self.socket: ClientConnection = connect(
                address, additional_headers={"Authorization": f"Bearer {token}"}, open_timeout=WITHIN, proxy=None
            )
            hello = json.loads(self.socket.recv(timeout=WITHIN))
        except (OSError, WebSocketException, TimeoutError) as error:
            raise Disappointed(f"a hello from {address}", f"{type(error).__name__}: {error}") from error
        expect(
            'a first message {"type": "hello", "cursor": …}', hello.get("type") == "hello" and "cursor" in hello, hello
        )
        self.cursor = str(hello["cursor"])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.socket.close()

    def until(self, type_: str, order_id: str, within: float = PATIENCE) -> dict[str, Any]:
        """Reads on until the order's event of that type has come, and returns its message."""
        end = time.monotonic() + within
        while True:
            for message in self.messages:
                if message["type"] == type_ and message["data"].get("order_id") == order_id:
                    return message
            left = end - time.monotonic()
            if left <= 0 or not self._read(left):
                seen = ", ".join(message["type"] for message in self.messages) or "no message"
                raise Disappointed(f"{type_} of the order on {self.name}'s feed within {within:.0f} s", seen)

    def of_order(self, order_id: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if message["data"].get("order_id") == order_id]

    def quiet(self, seconds: float) -> None:
        """Reads whatever still comes, until nothing has come for so long."""
        while self._read(seconds):
            pass

    def ask(self, message: dict[str, Any]) -> dict[str, Any]:
        """What the server answers, which is no event."""
        self.socket.send(json.dumps(message))
        end = time.monotonic() + PATIENCE
        while self._read(max(0.0, end - time.monotonic())):
            if "cursor" not in self.messages[-1]:
                return self.messages.pop()
        raise Disappointed(f"an answer to {message}", "none")

    def until_state(self, transaction: str, state: str) -> dict[str, Any]:
        """The event of an upload that came to a state."""
        end = time.monotonic() + PATIENCE
        while True:
            for message in self.messages:
                if message["data"].get("transaction_id") == transaction and message["data"]["state"] == state:
                    return message
            if not self._read(max(0.0, end - time.monotonic())):
                raise Disappointed(f"{state} on {self.name}'s feed", "nothing more")

    def _read(self, within: float) -> bool:
        try:
            self.messages.append(json.loads(self.socket.recv(timeout=within)))
        except TimeoutError:
            return False
        except ConnectionClosed as closed:
            raise Disappointed(f"{self.name}'s feed to stay open", str(closed)) from closed
        return True
