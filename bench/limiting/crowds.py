"""One ordinary client beside a crowd that means ill, with the shop open to both, and with nginx before it."""

from __future__ import annotations

import http.client
import sys
import time
from dataclasses import dataclass, field
from typing import ClassVar
from urllib.parse import urlsplit

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from bench.driving.client import Client, Faults
from bench.limiting.slow import BODY, HEAD, Crowd
from bench.proving.report import Check, Spread
from local.running import System

OTHER = ("127.0.0.2", 0)
"""The ordinary client's address, so that a limit by address meets the crowd alone."""
PATIENCE = 10.0  # seconds within which it must have its answer
PACE = 0.2
KINDS = {"silent": b"", "heads by the byte": HEAD, "bodies by the byte": BODY}


@dataclass
class Row:
    HEADING: ClassVar[list[str]] = ["crowd", "before", "asks", "answered", "p50", "p95", "max", "of the crowd cut"]
    kind: str
    door: str
    asked: int = 0
    cut: int = 0
    seconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def cells(self) -> list[str]:
        spread = Spread.of(self.seconds)
        p95 = "–" if spread.p95 is None else f"{spread.p95 * 1000:.0f} ms"
        return [self.kind, self.door, str(self.asked), *spread.cells()[:2], p95, spread.cells()[-1], str(self.cut)]

    def check(self) -> Check:
        found = f"{len(self.seconds)} of {self.asked}"
        return Check(f"{self.kind}, {self.door}", "all answered", found, self.faults)


def crowds(shop: System, proxy: int | None, size: int, seconds: float) -> list[Row]:
    api, live = urlsplit(shop.api), urlsplit(shop.live)
    token = Client(shop.api, Faults(), (shop.staff.email, shop.staff.password)).token()
    doors = {"web": (api.hostname or "", api.port or 80), "live": (live.hostname or "", live.port or 80)}
    if proxy:
        doors |= {"nginx, web": ("127.0.0.1", proxy), "nginx, live": ("127.0.0.1", proxy)}
    rows = []
    for kind, beginning in KINDS.items():
        for door, address in doors.items():
            if door.endswith("live") and beginning == BODY:
                continue  # it reads none
            print(f"  {size} of {kind} at {door}", file=sys.stderr)
            row = Row(kind, door)
            with Crowd(address, size, beginning) as crowd:
                time.sleep(1.0)  # they are all there
                _ask(row, address, seconds, token if door.endswith("live") else "")
            row.cut = crowd.cut
            rows.append(row)
    return rows


def _ask(row: Row, address: tuple[str, int], seconds: float, token: str) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        row.asked += 1
        began = time.perf_counter()
        try:
            (_follow if token else _get)(address, token)
        except (OSError, http.client.HTTPException, WebSocketException, ValueError) as error:
            row.faults.append(f"{type(error).__name__}: {error}")
        else:
            row.seconds.append(time.perf_counter() - began)
        time.sleep(PACE)


def _get(address: tuple[str, int], _: str) -> None:
    line = http.client.HTTPConnection(*address, timeout=PATIENCE, source_address=OTHER)
    line.request("GET", "/products?limit=20")
    with line.getresponse() as response:
        response.read()
        if response.status != 200:
            raise ValueError(f"answered {response.status}")
    line.close()


def _follow(address: tuple[str, int], token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    place = f"ws://{address[0]}:{address[1]}/ws/events"
    with connect(place, additional_headers=headers, open_timeout=PATIENCE, proxy=None, source_address=OTHER) as socket:
        socket.recv(timeout=PATIENCE)
