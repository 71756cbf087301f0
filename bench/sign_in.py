#!/usr/bin/env python3
"""Sign-ins a second, requests with a token beside those without, and what a client sees while Cognito is away.

Starts a PostgreSQL, an AWS emulator and a gunicorn of its own, as `bin/up` does. 0 when every answer was the expected
one, 1 when not, 2 when it could not be run. See bench/README.md.
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
import tempfile  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from collections import Counter  # noqa: E402
from collections.abc import Iterator  # noqa: E402
from contextlib import contextmanager  # noqa: E402
from dataclasses import asdict, dataclass  # noqa: E402

import requests  # noqa: E402

from bench.driving.gates import Gate  # noqa: E402
from bench.driving.load import Load, Result  # noqa: E402
from bench.driving.own import OwnShop  # noqa: E402
from bench.proving import envelope  # noqa: E402
from bench.proving.report import Check, Spread, print_checks, table  # noqa: E402
from local.aws import SIGN_INS, provision  # noqa: E402
from local.children import Interrupted  # noqa: E402
from local.emulator import CREDENTIALS, Emulator  # noqa: E402
from local.ports import free_port  # noqa: E402
from local.report import Trouble  # noqa: E402

SLOW = 10.0
BOUND = 8.0
"""Seconds that a call to Cognito may take, by events/aws.py: a sign-in ends with the first that takes longer."""
PERSON = SIGN_INS[0]
CALLS = ("sign-in", "refresh", "GET /me", "GET /products as a guest")
EXPECTED = {
    "all is well": (200, 200, 200, 200),
    "keys away, but known": (200, 200, 200, 200),
    "Cognito away": (503, 503, 200, 200),
    f"Cognito slow by {SLOW:g} s": (503, 503, 200, 200),
    "keys away, and the process new": (503, 200, 503, 200),
}
"""State → the statuses of CALLS."""


@dataclass(frozen=True)
class Seen:
    """What a client sees of one call."""

    state: str
    call: str
    status: int
    code: str
    retry_after: str
    seconds: float


@dataclass(frozen=True)
class SignIns:
    statuses: dict[int, int]
    per_second: float
    times: Spread


class Bench:
    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self.options = options
        self.shop = OwnShop(folder)
        self.emulator = Emulator(folder / "emulator", folder / "mails", free_port())
        self.seen: list[Seen] = []
        self.load: dict[str, Result] = {}
        self.checks: list[Check] = []

    def run(self) -> None:
        with self.shop.report.step("PostgreSQL, the emulator, and gates before Cognito and its keys"):
            self._start_cognito()
            server = self.shop.database()
        with self.shop.web() as web:
            self.tokens = self._post("/auth/login", {"email": PERSON.email, "password": PERSON.password}).json()
            with self.shop.report.step(f"sign-ins by {self.options.clients} at once"):
                self.sign_ins = self._sign_in_all_the_time()
            load = Load(
                self.shop.ports.api,
                seconds=self.options.seconds,
                connections=self.options.connections,
                web=web,
                postgres=server,
            )
            bearer = f"Authorization: Bearer {self.tokens['access_token']}"
            for case in ("/products", f"/products {bearer}", f"/me {bearer}"):
                name = case.replace(f" {bearer}", ", signed in")
                with self.shop.report.step(name):
                    self.load[name] = load.run([case])
                self._count_errors(name, self.load[name].errors)
            for state in list(EXPECTED)[:-1]:
                with self._state(state):
                    self._look(state)
        self.keys.shut()
        with self.shop.web():
            self._look(list(EXPECTED)[-1])

    def stop(self) -> None:
        self.shop.children.stop(["emulator"])
        self.shop.stop()

    def _start_cognito(self) -> None:
        os.environ.update(CREDENTIALS)
        child = self.emulator.child(os.environ)
        self.shop.children.start(child)
        self.emulator.wait(self.shop.children, child, self.shop.interruption.sleep)
        made = provision(self.emulator.endpoint, environment=os.environ)
        self.cognito, self.keys = Gate(self.emulator.port), Gate(self.emulator.port)
        pool = made["COGNITO_POOL_ID"]
        made["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{self.cognito.port}"
        made["COGNITO_JWKS_URL"] = f"http://127.0.0.1:{self.keys.port}/{pool}/.well-known/jwks.json"
        os.environ.update(made)

    def _sign_in_all_the_time(self) -> SignIns:
        times: list[float] = []
        statuses: Counter[int] = Counter()
        began = time.monotonic()
        end = began + self.options.seconds

        def work() -> None:
            with requests.Session() as session:
                while time.monotonic() < end and not self.shop.interruption.asked:
                    sent = time.monotonic()
                    answer = self._post("/auth/login", {"email": PERSON.email, "password": PERSON.password}, session)
                    times.append(time.monotonic() - sent)
                    statuses[answer.status_code] += 1

        threads = [threading.Thread(target=work, daemon=True) for _ in range(self.options.clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._count_errors("sign-ins", statuses.total() - statuses[200])
        return SignIns(dict(statuses), statuses[200] / (time.monotonic() - began), Spread.of(times))

    @contextmanager
    def _state(self, state: str) -> Iterator[None]:
        match state.split():
            case ["keys", *_]:
                self.keys.shut()
                yield
                self.keys.open()
            case ["Cognito", "away"]:
                self.cognito.shut()
                yield
                self.cognito.open()
            case ["Cognito", "slow", *_]:
                self.cognito.delay = SLOW
                yield
                self.cognito.delay = 0
            case _:
                yield

    def _look(self, state: str) -> None:
        with self.shop.report.step(f"what a client sees: {state}"):
            for call, expected in zip(CALLS, EXPECTED[state], strict=True):
                self.shop.interruption.check()
                sent = time.monotonic()
                answer = self._call(call)
                seconds = time.monotonic() - sent
                code = answer.json().get("code", "") if answer.status_code >= 400 else ""
                one = Seen(state, call, answer.status_code, code, answer.headers.get("Retry-After", ""), seconds)
                self.seen.append(one)
                self.checks.append(_check(one, expected))

    def _call(self, call: str) -> requests.Response:
        match call:
            case "sign-in":
                return self._post("/auth/login", {"email": PERSON.email, "password": PERSON.password})
            case "refresh":
                return self._post("/auth/refresh", {"refresh_token": self.tokens["refresh_token"]})
            case "GET /me":
                headers = {"Authorization": f"Bearer {self.tokens['access_token']}"}
                return requests.get(f"{self.shop.ports.api}/me", headers=headers, timeout=60)
            case _:
                return requests.get(f"{self.shop.ports.api}/products", timeout=60)

    def _post(self, path: str, body: dict[str, str], session: requests.Session | None = None) -> requests.Response:
        return (session or requests).post(f"{self.shop.ports.api}{path}", json=body, timeout=60)

    def _count_errors(self, name: str, errors: int) -> None:
        self.checks.append(Check(name, "no errors", f"{errors} errors", [f"{errors} of them"] if errors else []))


def _check(one: Seen, expected: int) -> Check:
    wrong = [] if one.status == expected else [f"{one.status} {one.code}"]
    if one.status == 503 and not one.retry_after:
        wrong.append("no Retry-After")
    if one.seconds > BOUND:
        wrong.append(f"{one.seconds:.1f} s, where {BOUND:g} are the most")
    return Check(f"{one.state}: {one.call}", str(expected), str(one.status), wrong)


def _tables(bench: Bench) -> Iterator[str]:
    ins = bench.sign_ins
    yield table([["", "per second", "answers", "p50", "p95", "max"],
                 ["POST /auth/login", f"{ins.per_second:.1f}", *ins.times.cells()]])  # fmt: skip
    rows = [["", "per second", "p50 ms", "p95 ms", "p99 ms", "µs in web", "in database"]]
    for name, one in bench.load.items():
        times = [f"{value:.1f}" for value in (one.p50, one.p95, one.p99)]
        rows.append([name, f"{one.per_second:.0f}", *times, f"{one.web:.0f}", f"{one.database:.0f}"])
    yield table(rows)
    rows = [["", "call", "status", "code", "Retry-After", "seconds"]]
    rows += [[a.state, a.call, str(a.status), a.code, a.retry_after, f"{a.seconds:.2f}"] for a in bench.seen]
    yield table(rows)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/sign_in.py", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, metavar="S", help="for each case (%(default)s)")
    parser.add_argument("--clients", type=int, default=8, metavar="N", help="who sign in at once (%(default)s)")
    parser.add_argument("--connections", type=int, default=16, metavar="N", help="of the other load (%(default)s)")
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
            bench.stop()
    for text in _tables(bench):
        print(f"\n{text}")
    if options.json:
        rows = [{"case": name} | asdict(one) for name, one in bench.load.items()]
        seen = [asdict(one) for one in bench.seen]
        envelope.write(
            options.json, "sign_in", rows=rows, checks=bench.checks, sign_ins=asdict(bench.sign_ins), seen=seen
        )
    return 1 if print_checks(bench.checks) else 0


if __name__ == "__main__":
    sys.exit(main())
