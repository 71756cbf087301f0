#!/usr/bin/env python3
"""Two races over HTTP: 200 buyers for 50 units of one SKU, and one idempotency key sent 50 times at once.

0 when both end as they must, 1 when not, 2 when they could not be run. See bench/README.md.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"
if Path(sys.prefix) != ROOT / ".venv" and PYTHON.exists():
    os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606  (no shell is the point)
sys.path.insert(0, str(ROOT))

import argparse  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from collections import Counter  # noqa: E402
from collections.abc import Callable  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402
from typing import Any  # noqa: E402

import requests  # noqa: E402

from bench.client import Client, Faults, GaveUp  # noqa: E402
from bench.report import Check, Spread, print_checks, table  # noqa: E402
from bench.run import new_run_id  # noqa: E402
from local.running import System, system  # noqa: E402

CREATED, CONFLICT = 201, 409
ADDRESS = {"name": "Racer", "line1": "1 Race Street", "city": "Hamburg", "postal_code": "20457", "country": "DE"}
SHIPPING = {"method": "economic", "address": ADDRESS}
Reply = tuple[int, Any, dict[str, str], float]
"""Status, body, headers, seconds."""


class Race:
    def __init__(self, shop: System) -> None:
        self.shop = shop
        self.run = new_run_id()
        self.staff = Client(shop.api, Faults(), (shop.staff.email, shop.staff.password))

    def product(self, name: str, stock: int) -> str:
        """A fresh product; returns its id."""
        body = {"code": f"{self.run}-{name}", "name": f"Race {name}", "price": "10.00", "stock": stock}
        answer = self.staff.send("POST", "/products", body)
        if answer.status != CREATED:
            raise GaveUp(f"POST /products was answered {answer.status} {answer.body}")
        return str(answer.body["id"])

    def stock(self, product_id: str) -> int:
        return int(self.staff.send("GET", f"/products/{product_id}").body["variants"][0]["stock"])

    def at_once(self, count: int, send: Callable[[int], Reply]) -> list[Reply]:
        """All threads stand ready before the first one sends."""
        line = threading.Barrier(count)

        def start(number: int) -> Reply:
            line.wait()
            return send(number)

        with ThreadPoolExecutor(count) as pool:
            return list(pool.map(start, range(count)))

    def order(self, sku: str, email: str, key: str) -> Reply:
        """One POST, never repeated: what is counted is the first answer."""
        body = {"items": [{"sku": sku, "quantity": 1}], "email": email, "payment_method": "cash", "shipping": SHIPPING}
        began = time.perf_counter()
        try:
            reply = requests.post(
                f"{self.shop.api}/orders", json=body, headers={"Idempotency-Key": key}, timeout=(30, 60)
            )
        except requests.RequestException as error:
            return 0, {"code": type(error).__name__}, {}, time.perf_counter() - began
        return reply.status_code, reply.json(), dict(reply.headers), time.perf_counter() - began

    def stampede(self, buyers: int, units: int) -> tuple[list[Check], Spread]:
        product = self.product("STAMPEDE", units)
        sku = f"{self.run}-STAMPEDE"
        replies = self.at_once(
            buyers, lambda n: self.order(sku, f"racer-{n}@{self.run.lower()}.example.com", f"{self.run}-{n}")
        )
        want = Counter({"201": units, "409 out_of_stock": buyers - units})
        have = Counter(f"{status} {body.get('code', '')}".strip() for status, body, _, _ in replies)
        ids = {body["id"] for status, body, _, _ in replies if status == CREATED}
        said = [body for status, body, _, _ in replies if status == CONFLICT]
        wrong = [f"{what}: {have[what]} instead of {want[what]}" for what in want | have if have[what] != want[what]]
        wrong += [] if len(ids) == have["201"] else [f"{have['201']} answers of 201 name {len(ids)} orders"]
        unclear = [str(body) for body in said if body.get("items") != [{"sku": sku, "requested": 1, "available": 0}]]
        left = self.stock(product)
        return [
            Check(f"{buyers} buyers for {units} units", _words(want), _words(have), wrong),
            Check("refusals that say what is left", str(buyers - units), str(len(said) - len(unclear)), unclear),
            Check("stock afterwards", "0", str(left), [] if left == 0 else [f"{left} left"]),
        ], Spread.of(seconds for _, _, _, seconds in replies)

    def one_key(self, count: int) -> tuple[list[Check], Spread]:
        product = self.product("ONE-KEY", count)
        sku, email, key = f"{self.run}-ONE-KEY", f"one@{self.run.lower()}.example.com", f"{self.run}-one"
        replies = self.at_once(count, lambda _: self.order(sku, email, key))
        late = self.order(sku, email, key)
        bodies = [body for status, body, _, _ in [*replies, late] if status == CREATED]
        other = [
            f"{status} {body}"
            for status, body, _, _ in replies
            if status != CREATED and (status, body.get("code")) != (CONFLICT, "idempotency_key_in_flight")
        ]
        fresh = sum(status == CREATED and "Idempotency-Replayed" not in headers for status, _, headers, _ in replies)
        found = self.staff.send("GET", f"/orders?email={email}").body["results"]
        same = [] if all(body == bodies[0] for body in bodies) else ["the answers of 201 differ"]
        last = [] if late[0] == CREATED and late[2].get("Idempotency-Replayed") == "true" else [f"{late[0]} {late[1]}"]
        have = Counter("201" if status == CREATED else f"{status}" for status, _, _, _ in replies)
        left = self.stock(product)
        return [
            Check(f"one key, {count} times at once", "201 or 409 in flight", _words(have), other + same),
            Check("answers that are no replay", "1", str(fresh), [] if fresh == 1 else [f"{fresh}"]),
            Check("a later try is a replay", "201", str(late[0]), last),
            Check("orders made", "1", str(len(found)), [] if len(found) == 1 else [str([o["number"] for o in found])]),
            Check("stock taken", "1", str(count - left), [] if count - left == 1 else [f"{count - left}"]),
        ], Spread.of(seconds for _, _, _, seconds in replies)


def _words(counts: Counter[str]) -> str:
    return ", ".join(f"{count} × {what}" for what, count in sorted(counts.items()) if count)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/race.py", description=__doc__)
    parser.add_argument("--buyers", type=int, default=200, metavar="N", help="who want one unit each (%(default)s)")
    parser.add_argument("--units", type=int, default=50, metavar="N", help="how many there are (%(default)s)")
    parser.add_argument("--repeats", type=int, default=50, metavar="N", help="requests with one key (%(default)s)")
    options = parser.parse_args()
    race = Race(system())
    try:
        race.staff.token()
        stampede, first = race.stampede(options.buyers, options.units)
        one_key, second = race.one_key(options.repeats)
    except GaveUp as problem:
        print(f"The race cannot be run: {problem}", file=sys.stderr)
        return 2
    differences = print_checks([*stampede, *one_key])
    times = [
        ["seconds to an answer", "count", "p50", "p95", "max"],
        ["for one SKU", *first.cells()],
        ["one key", *second.cells()],
    ]
    print(f"{table(times)}\n\n{differences} differences. Run {race.run}.")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
