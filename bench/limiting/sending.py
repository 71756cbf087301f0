"""Sends junk, from nobody, a customer and staff by turns, and looks at each answer."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from bench.driving.client import Client, Faults, GaveUp
from bench.limiting.junk import Junk, make
from bench.proving.report import Check, Progress
from bench.soaking.holding import of_shop
from local.running import System

THREADS = 8
WARM = 0.3
"""Of all requests: until then, memory may grow as far as it likes."""
MIB = 1024 * 1024
MAY_GROW = 8 * MIB
SIGNED_OUT = ("/auth/", "/me")
"""Signed in, these would sign the caller out, or make an end of them."""


def junk(shop: System, count: int, seed: int) -> tuple[list[Check], Counter[str]]:
    """Raises GaveUp where the shop is not there."""
    schema = Client(shop.api, Faults()).send("GET", "/schema")
    if schema.status != 200:
        raise GaveUp(f"GET /schema was answered {schema.status}")
    tokens = [
        "",
        *(Client(shop.api, Faults(), (one.email, one.password)).token() for one in (shop.customer, shop.staff)),
    ]
    all_ = list(make(schema.body, count, seed))
    warm, sender = int(count * WARM), Sender(shop, tokens, Progress("junk", count))
    sender.send(all_[:warm])
    before = of_shop(shop.state)
    sender.send(all_[warm:])
    time.sleep(1.0)  # what was freed is given back
    after = of_shop(shop.state)
    here = "web" in before and "web" in after
    grown = after["web"].memory - before["web"].memory if here else 0
    fat = [f"{grown / MIB:.1f} MiB more"] if grown > MAY_GROW else []
    web = f"{grown / MIB:+.1f} MiB" if here else "not on this machine"
    return [
        Check("junk, answered without a 5xx", str(count), str(sum(sender.answers.values())), sender.broken),
        Check("refusals that are problem documents", "all", str(sender.documents), sender.plain),
        Check("memory of web over the last two thirds", "steady", web, fat),
    ], sender.answers


class Sender:
    def __init__(self, shop: System, tokens: Sequence[str], progress: Progress) -> None:
        self.address = urlsplit(shop.api).netloc
        self.tokens, self.progress = tokens, progress
        self.answers: Counter[str] = Counter()
        self.broken: list[str] = []
        self.plain: list[str] = []
        self.documents = 0
        self._lock = threading.Lock()

    def send(self, all_: Sequence[Junk]) -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self._of_one, [all_[start::THREADS] for start in range(THREADS)]))

    def _of_one(self, all_: Sequence[Junk]) -> None:
        line = http.client.HTTPConnection(self.address, timeout=60)
        for number, one in enumerate(all_):
            token = self.tokens[number % len(self.tokens)]
            if one.path.startswith(SIGNED_OUT):
                token = ""
            try:
                status, kind, body = self._ask(line, one, token)
            except (OSError, http.client.HTTPException) as error:
                line.close()
                status, kind, body = 0, "", str(error).encode()
            self._judge(one, status, kind, body)
            self.progress.step()
        line.close()

    @staticmethod
    def _ask(line: http.client.HTTPConnection, one: Junk, token: str) -> tuple[int, str, bytes]:
        line.putrequest(one.method, one.path, skip_accept_encoding=True)
        for name, value in one.headers.items():
            if value:
                line.putheader(name, value.encode("latin-1"))
        if token:
            line.putheader("Authorization", f"Bearer {token}")
        line.putheader("Content-Length", str(len(one.body)))
        line.endheaders(one.body)
        with line.getresponse() as response:
            return response.status, response.headers.get("Content-Type", ""), response.read()

    def _judge(self, one: Junk, status: int, kind: str, body: bytes) -> None:
        said = f"{one.method} {one.path[:80]} {one.headers} {one.body[:80]!r}: {status} {body[:200]!r}"
        with self._lock:
            self.answers[str(status or "none")] += 1
            if status >= 500 or status == 0:
                self.broken.append(said)
            elif status >= 400:
                if kind.startswith("application/problem+json") and json.loads(body).get("code"):
                    self.documents += 1
                else:
                    self.plain.append(said)
