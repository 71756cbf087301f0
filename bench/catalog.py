#!/usr/bin/env python3
"""How fast the shop window is, with a thousand products and with a hundred thousand, beside a bare view and bare WSGI.

Starts a PostgreSQL and a gunicorn of its own, as `bin/up` does. 0 when every answer was right and every plan uses its
indexes, 1 when not, 2 when it could not be run. See bench/README.md.
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
import json  # noqa: E402
import random  # noqa: E402
import tempfile  # noqa: E402
import urllib.error  # noqa: E402
import urllib.request  # noqa: E402
from collections.abc import Callable  # noqa: E402
from dataclasses import asdict, dataclass  # noqa: E402
from typing import Any  # noqa: E402

from bench.browsing import plans  # noqa: E402
from bench.browsing.asked import FILTERS, SEARCHES  # noqa: E402
from bench.driving.load import Load, Result  # noqa: E402
from bench.driving.own import OwnShop  # noqa: E402
from bench.proving import envelope  # noqa: E402
from bench.proving.report import Check, print_checks, table  # noqa: E402
from local.children import Interrupted  # noqa: E402
from local.report import Trouble  # noqa: E402

SIZES = (1_000, 10_000, 100_000)
DEEP = 4_000
WALKED = 100  # products a step, on the way to the deep page


@dataclass(frozen=True)
class Case:
    """Something to ask for. `anew`: no answer may be one that was kept, each is made from the rows."""

    name: str
    requests: list[str]
    anew: bool = False


@dataclass(frozen=True)
class Places:
    """What a walk through the whole list has seen."""

    cursors: list[str]
    products: list[str]


class Bench:
    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.options = options
        self.shop = OwnShop(folder)
        self.report = self.shop.report
        self.checks: list[Check] = []
        self.results: dict[int, dict[str, Result]] = {}

    def run(self) -> None:
        server = self.shop.database()
        for size in self.options.sizes:
            with self.report.step(f"{size:,} products"):
                _make(size)
            with self.shop.web("bench.browsing.bare") as web:
                load = Load(
                    self.shop.ports.api,
                    seconds=self.options.seconds,
                    connections=self.options.connections,
                    web=web,
                    postgres=server,
                )
                places = self._walk(size)
                cases = self._cases(places)
                self.results[size] = {case.name: self._measure(load, case, size) for case in cases}
        self.plans = _plans(places.cursors[-1])
        self.ways = _ways()

    def _walk(self, size: int) -> Places:
        """Follows `next` to the deep page, as a client would."""
        cursors: list[str] = []
        products: list[str] = []
        until = min(DEEP * 20, size * 9 // 10)
        path = f"/products?limit={WALKED}&fields=id"
        with self.report.step(f"{size:,}: a walk to product {until:,}"):
            while len(products) < until:
                page = json.loads(self._get(path)[0])
                products += [row["id"] for row in page["results"]]
                cursors.append(page["next"].rpartition("cursor=")[2])
                path = f"/products?limit={WALKED}&fields=id&cursor={cursors[-1]}"
        return Places(cursors, products)

    def _cases(self, places: Places) -> list[Case]:
        chance = random.Random(1)
        details = [f"/products/{product}" for product in chance.choices(places.products, k=300)]
        anywhere = [f"/products?cursor={cursor}" for cursor in chance.choices(places.cursors, k=200)]
        page = len(places.products) // 20
        return [
            Case("bare WSGI", ["/bare/wsgi"]),
            Case("bare Django view", ["/bare/django"]),
            Case("list of 20", ["/products"], anew=True),
            Case("list of 20, nothing changed", ["/products"]),
            Case("list of 20, at any page", anywhere, anew=True),
            Case(f"page {page:,} of the list", [f"/products?cursor={places.cursors[-1]}"], anew=True),
            Case("filtered list", FILTERS, anew=True),
            Case("search", SEARCHES, anew=True),
            Case("detail", details, anew=True),
            Case("304 of a list", [self._known("/products")]),
            Case("304 of a detail", [self._known(details[0])]),
        ]

    def _measure(self, load: Load, case: Case, size: int) -> Result:
        with self.report.step(f"{size:,}: {case.name}"):
            result = load.run(case.requests, anew=case.anew)
        wrong = [f"{result.errors} of them"] if result.errors else []
        self.checks.append(Check(f"{size:,}: {case.name}", "no errors", f"{result.errors} errors", wrong))
        return result

    def _known(self, path: str) -> str:
        return f"{path} If-None-Match: {self._get(path)[1]}"

    def _get(self, path: str) -> tuple[bytes, str]:
        self.shop.interruption.check()
        try:
            with urllib.request.urlopen(f"{self.shop.ports.api}{path}", timeout=30) as answer:  # noqa: S310  (our own)
                return answer.read(), answer.headers["ETag"]
        except urllib.error.HTTPError as error:
            raise Trouble(f"GET {path} was answered {error.code}: {error.read()[:500]!r}") from None


def _make(size: int) -> None:
    from bench.browsing.products import make

    make(size)


def _plans(cursor: str) -> dict[str, list[str]]:
    """The plans of the reads that are measured, at the size that is there last."""
    from django.test import RequestFactory

    from api.serializers import parsed_query
    from catalog.products import window
    from catalog.products.serializers import ProductQuery

    def body(path: str) -> Callable[[], Any]:
        request = RequestFactory().get(path, HTTP_HOST="bench.test")
        request.query_params = request.GET  # type: ignore[attr-defined]  # as Django REST framework's request has it
        return lambda: window.list_body(request, parsed_query(request, ProductQuery))  # type: ignore[arg-type]

    asked = {
        "list": "/products",
        "list by price": "/products?ordering=price",
        "list by name, backwards": "/products?ordering=-name",
        "deep page": f"/products?cursor={cursor}",
        "filter": FILTERS[0],
        "filter by stock": "/products?in_stock=false",
        "filter by code": "/products?code=p000777",
        "search": SEARCHES[0],
        "search, misspelt": SEARCHES[2],
        "search, a frequent word": SEARCHES[3],
    }
    return {name: plans.plan_of(body(path)) for name, path in asked.items()}


def _ways() -> str:
    from bench.browsing.ways import compare

    return compare()


def _table(results: dict[str, Result]) -> str:
    wsgi, view = results["bare WSGI"].per_second, results["bare Django view"].per_second
    rows = [
        ["", "per second", "of a bare view", "of bare WSGI", "p50 ms", "p95 ms", "p99 ms", "µs in web", "in database"]
    ]
    for name, one in results.items():
        times = [f"{time:.1f}" for time in (one.p50, one.p95, one.p99)]
        shares = [f"{one.per_second / view:.2f}", f"{one.per_second / wsgi:.2f}"]
        rows.append([name, f"{one.per_second:.0f}", *shares, *times, f"{one.web:.0f}", f"{one.database:.0f}"])
    return table(rows)


def _growth(results: dict[int, dict[str, Result]]) -> str:
    """p95 at the largest size over p95 at the smallest."""
    least, most = results[min(results)], results[max(results)]
    pairs = zip(least.items(), most.items(), strict=True)  # a deep page has another number, and the same place
    rows = [["p95", f"at {min(results):,}", f"at {max(results):,}", "times"]]
    rows += [[name, f"{a.p95:.1f}", f"{b.p95:.1f}", f"{b.p95 / max(a.p95, 0.001):.2f}"] for (_, a), (name, b) in pairs]
    return table(rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/catalog.py", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="N", help="products (%(default)s)")
    parser.add_argument("--seconds", type=float, default=5, metavar="S", help="for each case (%(default)s)")
    parser.add_argument("--connections", type=int, default=16, metavar="N", help="at once (%(default)s)")
    parser.add_argument("--plans", action="store_true", help="print the plans, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        bench = Bench(Path(folder), options)
        try:
            bench.run()
        except Trouble as trouble:
            print(f"\nThe bench cannot be run: {trouble}", file=sys.stderr)
            return 2
        except Interrupted:
            return 130
        finally:
            bench.shop.stop()
    for size, results in bench.results.items():
        print(
            f"\n{size:,} products, {options.connections} connections, {options.seconds:g} s a case\n\n{_table(results)}"
        )
    print(f"\n{_growth(bench.results)}\n\n{bench.ways}")
    if options.plans:
        for name, found in bench.plans.items():
            print(f"\n── {name}\n" + "\n\n".join(found))
    checks = [*bench.checks, *(plans.check(name, found) for name, found in bench.plans.items())]
    if options.json:
        figures = [
            {"products": size, "case": name} | asdict(one)
            for size, results in bench.results.items()
            for name, one in results.items()
        ]
        envelope.write(options.json, "catalog", rows=figures, checks=checks)
    return 1 if print_checks(checks) else 0


if __name__ == "__main__":
    sys.exit(main())
