"""HTTP as a careful client speaks it: bounded waits, one key per intention, and another try after a fault."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import requests

PATIENCE = 180.0  # seconds in which one intention must succeed, whatever is being killed meanwhile
ANSWER_WITHIN = 30.0
TRY_AGAIN = {429, 500, 502, 503, 504}


class GaveUp(Exception):
    """The system did not answer usefully within PATIENCE."""


@dataclass(frozen=True)
class Answer:
    """`seconds` is the time of the try that was answered; `tries` counts all of them."""

    status: int
    body: Any
    headers: dict[str, str]
    seconds: float
    tries: int

    @property
    def code(self) -> str:
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""

    @property
    def replayed(self) -> bool:
        return self.headers.get("idempotency-replayed") == "true"


@dataclass
class Faults:
    """What went wrong on the way and was tried again; shared by all clients of a run."""

    seen: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, example: str) -> None:
        with self.lock:
            self.seen[what] += 1
            self.examples.setdefault(what, example[:500])


class Client:
    """One user's (or a guest's) connection pool; may be used by many threads, each keeps its own connection.

    `answer_within` is how long it waits for one answer, in seconds.
    """

    def __init__(
        self,
        base: str,
        faults: Faults,
        sign_in: tuple[str, str] | None = None,
        *,
        answer_within: float = ANSWER_WITHIN,
    ) -> None:
        self.base = base
        self.faults = faults
        self.sign_in = sign_in
        self.answer_within = answer_within
        self._local = threading.local()
        self._token = ""
        self._lock = threading.Lock()

    def token(self, *, fresh: bool = False) -> str:
        """The access token; `fresh` signs in anew."""
        if self.sign_in is None:
            return ""
        with self._lock:
            if fresh or not self._token:
                email, password = self.sign_in
                guest = Client(self.base, self.faults)
                answer = guest.send("POST", "/auth/login", {"email": email, "password": password})
                if answer.status != 200:
                    raise GaveUp(f"sign-in of {email} was answered {answer.status} {answer.code}")
                self._token = str(answer.body["access_token"])
            return self._token

    def forget_token(self) -> None:
        """The next call signs in anew."""
        with self._lock:
            self._token = ""

    def send(self, method: str, path: str, body: Any = None, *, key: str = "") -> Answer:
        """The first useful answer. Raises GaveUp."""
        until = time.monotonic() + PATIENCE
        tries = 0
        refreshed = False
        while True:
            tries += 1
            fault, answer = self.once(method, path, body, key=key, tries=tries)
            if answer is not None and answer.status == 401 and self.sign_in and not refreshed:
                refreshed = True
                self.token(fresh=True)
                continue
            if answer is not None and not fault:
                return answer
            if time.monotonic() > until:
                raise GaveUp(f"{method} {path}: {fault} after {tries} tries")
            time.sleep(min(2.0, 0.05 * 2 ** min(tries, 6)) * random.uniform(0.5, 1.0))

    def once(
        self, method: str, path: str, body: Any = None, *, key: str = "", tries: int = 1
    ) -> tuple[str, Answer | None]:
        """One try: what went wrong and calls for another one, which is noted, or the empty text; and the answer."""
        fault, answer = self._try(method, path, body, key, tries)
        if fault:
            self.faults.note(fault, f"{method} {path}: {answer.body if answer else ''}")
        return fault, answer

    def _try(self, method: str, path: str, body: Any, key: str, tries: int) -> tuple[str, Answer | None]:
        headers = {"Idempotency-Key": key} if key else {}
        if self.sign_in:
            headers["Authorization"] = f"Bearer {self.token()}"
        began = time.perf_counter()
        try:
            reply = self._session().request(
                method, self.base + path, json=body, headers=headers, timeout=(5, self.answer_within)
            )
        except requests.RequestException as error:
            self._local.session = None
            return f"no answer ({type(error).__name__})", None
        seconds = time.perf_counter() - began
        try:
            content = reply.json() if reply.content else None
        except ValueError:
            content = reply.text[:500]
        lowered = {name.lower(): value for name, value in reply.headers.items()}
        answer = Answer(reply.status_code, content, lowered, seconds, tries)
        if answer.status == 503 and "retry-after" not in lowered:
            return "503 without Retry-After", answer
        if answer.status in TRY_AGAIN or answer.code == "idempotency_key_in_flight":
            return f"{answer.status} {answer.code}".strip(), answer
        return "", answer

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            session.trust_env = False  # no proxy stands between the bench and a local system
        return session
