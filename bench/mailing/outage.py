"""SES away while orders go on coming: afterwards every mail has gone out, each once."""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from bench.driving.client import GaveUp
from bench.proving import mailbox
from bench.proving.aws import Aws
from bench.proving.comparing import leftovers
from bench.proving.records import MAILS, Record, Records
from bench.proving.report import Check, Spread
from bench.races.start import CREATED, Start
from local.emulator import SES_DOWN

CONFIRMED = 3
"""One in so many orders is confirmed by staff: its mail waits for an invoice, and carries it."""
TRIED = """
SELECT coalesce(max(m.attempts), 0) AS most FROM notifications_mail m JOIN orders_order o ON o.id = m.order_id
WHERE o.email LIKE %(mine)s
"""


class Outage:
    """`--seconds` without SES, `--rate` orders a second meanwhile, then all the time that the queues take."""

    def __init__(self, start: Start, *, seconds: float, rate: float, settle: float) -> None:
        self.start, self.seconds, self.rate, self.settle = start, seconds, rate, settle
        self.mails = start.shop.state / "mails"
        self.domain = f"{start.run.lower()}.example.com"
        self.records = Records(start.shop.database, start.run, self.domain)
        self.aws = Aws(start.shop.aws, start.shop.queues, start.shop.bucket)
        self.orders: dict[str, dict[str, Any]] = {}
        self.confirmed: set[str] = set()
        self.most_attempts = 0
        self._lock = threading.Lock()

    def run(self) -> tuple[list[Check], dict[str, Spread]]:
        """Raises GaveUp where the shop cannot be used."""
        sku = self.start.product("MAIL", 1_000_000)
        self._wait_for_quiet()
        dead_before = self.aws.dead()
        down = self.mails / SES_DOWN
        try:
            down.touch()
            self._order(sku)
            during = self.records.ask(MAILS)
            self.most_attempts = int(self.records.ask(TRIED)[0]["most"])
        except FileNotFoundError as error:
            raise GaveUp(f"bin/up keeps no mails in {self.mails}: SES there is another's") from error
        finally:
            down.unlink(missing_ok=True)
        back = datetime.now().astimezone()
        left = self._wait()
        rows = self.records.ask(MAILS)
        found = mailbox.delivered(self.mails, self.domain)
        checks = [
            self._during(during),
            left,
            self._written(rows),
            mailbox.check(rows, found, doubles_allowed=False),
            leftovers("dead letters", dead_before, self.aws.dead()),
        ]
        after = [row["sent_at"] - back for row in rows if row["sent_at"] and row["sent_at"] > back]
        return checks, {"SES back to mail sent": Spread.of(one.total_seconds() for one in after)}

    def _wait_for_quiet(self) -> None:
        """What was there before must not stand in the line before the mails that are looked at."""
        until = time.monotonic() + self.settle
        while waiting := {name: count for name, count in self.aws.waiting().items() if count}:
            if time.monotonic() > until:
                raise GaveUp(f"the queues do not come to rest: {waiting}")
            time.sleep(0.5)

    def _order(self, sku: str) -> None:
        """Orders at an even pace for as long as SES is away; each is placed, and one in some confirmed."""
        total, began = max(1, round(self.seconds * self.rate)), time.monotonic()
        print(f"  SES is down for {self.seconds:.0f} s, {total} orders meanwhile", file=sys.stderr)

        def one(number: int) -> None:
            time.sleep(max(0.0, began + number / self.rate - time.monotonic()))
            reply = self.start.order({sku: 1}, f"buyer-{number}")
            if reply.status != CREATED:
                raise GaveUp(f"order {number} was answered {reply.words}")
            with self._lock:
                self.orders[reply.body["id"]] = reply.body
            if number % CONFIRMED == 0:
                answer = self.start.staff.send(
                    "POST", f"/orders/{reply.body['id']}/confirm", key=f"{self.start.run}-{number}"
                )
                if answer.status != 200:
                    raise GaveUp(f"the confirmation of order {number} was answered {answer.status} {answer.code}")
                with self._lock:
                    self.confirmed.add(reply.body["id"])

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(one, range(total)))
        time.sleep(max(0.0, began + self.seconds - time.monotonic()))

    def _expected(self) -> Counter[tuple[str, str]]:
        """Order and kind of each mail that must be."""
        due = [(order, "order_received") for order in self.orders]
        return Counter([*due, *((order, "order_confirmed") for order in self.confirmed)])

    def _wait(self) -> Check:
        """Until every mail has left the queue. What stands still for `settle` seconds is stuck."""
        due, least, until = sum(self._expected().values()), sys.maxsize, time.monotonic() + self.settle
        while True:
            sent = sum(1 for row in self.records.ask(MAILS) if row["status"] != "queued")
            if (left := due - sent) < least:
                least, until = left, time.monotonic() + self.settle
            if left <= 0 or time.monotonic() > until:
                return Check("mails left to send", "0", str(max(left, 0)), [] if left <= 0 else [f"{left} stand still"])
            time.sleep(1.0)

    def _during(self, rows: list[Record]) -> Check:
        """While SES was away, none can have been sent, and some must have been tried: else nothing was shown."""
        sent = [f"{row['subject']} to {row['to']}" for row in rows if row["status"] != "queued"]
        untried = [] if self.most_attempts else ["none was tried while SES was away: make the outage longer"]
        found = f"0 sent, {len(rows)} waiting, tried up to {self.most_attempts} times"
        return Check("while SES was away", "0 sent, some waiting", found, sent + untried)

    def _written(self, rows: list[Record]) -> Check:
        want, have = self._expected(), Counter((str(row["order_id"]), row["kind"]) for row in rows)
        wrong = [
            f"{kind} of {order}: {want[order, kind]} expected, {have[order, kind]} written"
            for order, kind in want | have
            if want[order, kind] != have[order, kind]
        ]
        wrong += [f"{row['kind']} to {row['to']}: {row['status']}" for row in rows if row["status"] != "sent"]
        return Check("mails in the database, sent", str(sum(want.values())), str(sum(have.values())), wrong)
