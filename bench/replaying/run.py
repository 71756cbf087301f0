"""One replay, from the first product to the last comparison."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from bench.driving.client import Client, Faults, GaveUp
from bench.driving.feed import Feed
from bench.proving import comparing, mailbox, records
from bench.proving.aws import Aws
from bench.proving.records import Record, Records
from bench.proving.report import Check, Progress, Spread
from bench.replaying import checks
from bench.replaying.chaos import Chaos, Kill
from bench.replaying.expected import Expected, Terms, work_out
from bench.replaying.placing import Placed, Shopfloor, make_products
from bench.replaying.real_orders import Plan
from local.running import System
from shop.subscriptions import SUBSCRIPTIONS

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
STILL = 2  # looks in a row that must find nothing left to do
QUIETLY = 1.0  # seconds between two looks


@dataclass
class Outcome:
    checks: list[Check] = field(default_factory=list)
    times: dict[str, Spread] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    kills: list[Kill] = field(default_factory=list)
    reconnects: int = 0
    orders_per_second: float = 0.0
    settled_after: float = 0.0


def new_run_id() -> str:
    """A prefix that sorts by time and that no other run has: it begins every SKU, key and address of this one."""
    number, text = int(time.time() * 10), ""
    while number:
        number, digit = divmod(number, len(DIGITS))
        text = DIGITS[digit] + text
    return f"R{text}"


class Replay:
    """Raises GaveUp from the start on where the system cannot be used at all."""

    def __init__(self, system: System, plan: Plan, *, buyers: int, clerks: int) -> None:
        self.system = system
        self.buyers, self.clerks = buyers, clerks
        self.run_id = new_run_id()
        self.faults = Faults()
        self.guest = Client(system.api, self.faults)
        self.staff = Client(system.api, self.faults, (system.staff.email, system.staff.password))
        self.staff.token()
        self.aws = Aws(system.aws, system.queues, system.bucket)
        self.records = Records(system.database, self.run_id, f"{self.run_id.lower()}.example.com")
        self.expected: Expected = work_out(plan, self.run_id, self._terms())
        self.feed = Feed(system.live, self.staff)
        self.chaos: Chaos | None = None

    def _terms(self) -> Terms:
        """The settings that count are in the environment: those that `bin/up` was given, where it was given any."""
        row = self.records.ask(records.SHIPPING, method="economic")[0]
        rates: dict[str, dict[str, Decimal]] = {}
        for rate in self.records.ask(records.RATES):
            rates.setdefault(rate["country"], {})[rate["kind"]] = rate["rate"]
        home = os.environ.get("SHOP_COUNTRY") or "DE"
        gross = os.environ.get("PRICES_INCLUDE_TAX") != "false"
        return Terms(row["price"], row["free_from"], row["tax_rate"], rates, home, gross)

    def run(self, *, settle: float, chaos_every: float) -> Outcome:
        outcome = Outcome()
        dead_before = self.aws.dead()
        self.feed.start()
        if not self.feed.ready.wait(timeout=30):
            raise GaveUp(f"the live feed at {self.system.live} gives no hello: {self.feed.faults[-3:]}")
        progress = Progress("products", len(self.expected.products))
        wrong = make_products(self.expected, self.staff, self.buyers, progress)
        outcome.checks.append(Check("products made", str(progress.total), str(progress.total - len(wrong)), wrong))
        placed = self._place(outcome, chaos_every)
        began = time.monotonic()
        outcome.checks.append(self._settle(settle))
        outcome.settled_after = time.monotonic() - began
        self.feed.stop()
        outcome.reconnects = self.feed.reconnects
        self._compare(outcome, placed, dead_before)
        outcome.faults = dict(self.faults.seen)
        return outcome

    def _place(self, outcome: Outcome, chaos_every: float) -> Placed:
        if chaos_every:
            self.chaos = Chaos(self.system.state / "run", chaos_every)
            if missing := self.chaos.missing():
                raise GaveUp(f"--chaos needs bin/up to run here; not running: {', '.join(missing)}")
            self.chaos.start()
        began = time.monotonic()
        progress = Progress("orders, decisions", 2 * len(self.expected.orders))
        placed = Shopfloor(self.expected, self.guest, self.staff, progress).run(self.buyers, self.clerks)
        outcome.orders_per_second = len(placed.answers) / (time.monotonic() - began)
        if self.chaos:
            self.chaos.stop()
            outcome.kills = self.chaos.kills
        return placed

    def _settle(self, patience: float) -> Check:
        """Waits until the outbox, the queues and the mails are done and the feed has caught up.

        A busy machine may take its time; what stands still for `patience` seconds is stuck, and becomes a difference.
        """
        least, until, still, shown = sys.maxsize, time.monotonic() + patience, 0, ""
        while True:
            left = self.records.unsettled() | {f"in queue {n}": c for n, c in self.aws.waiting().items() if c}
            if behind := len(self.records.log(self._start())) - len(self.feed.messages):
                left["events not on the live feed"] = behind
            if (total := sum(left.values())) < least:
                least, until = total, time.monotonic() + patience
            still = 0 if left else still + 1
            words = [f"{name}: {count}" for name, count in left.items()]
            if still == STILL or time.monotonic() > until:
                return Check("left to do at the end", "0", str(total), words)
            if (text := ", ".join(words)) != shown:
                print(f"  waiting: {text or 'for a second look'}", file=sys.stderr)
                shown = text
            time.sleep(QUIETLY)

    def _start(self) -> int:
        return int(self.feed.start_cursor)

    def _compare(self, outcome: Outcome, placed: Placed, dead_before: dict[str, int]) -> None:
        expected, ask = self.expected, self.records.ask
        orders, events, invoices, mails = (
            ask(records.ORDERS), ask(records.EVENTS), ask(records.INVOICES), ask(records.MAILS)
        )  # fmt: skip
        listeners = {name: set(types) for name, types in SUBSCRIPTIONS.items()}
        receipts = self.records.receipts([row["id"] for row in events])
        delivered = mailbox.delivered(self.system.state / "mails", expected.domain)
        outcome.checks += [
            *checks.orders(expected, placed, orders),
            *checks.amounts(expected, placed, orders, ask(records.LINES)),
            *checks.stock(expected, placed, self.records.stock(), ask(records.LEDGER)),
            *checks.events(expected, placed, events, receipts, listeners),
            comparing.live(self.feed.start_cursor, self.feed.messages, self.records.log(self._start())),
            *checks.invoices(expected, placed, invoices, ask(records.NUMBERS)),
            self.aws.pdfs(invoices),
            checks.mails(expected, placed, events, mails),
            mailbox.check(mails, delivered, doubles_allowed=self.chaos is not None),
            comparing.leftovers("dead letters", dead_before, self.aws.dead()),
            comparing.server_errors(self.faults),
        ]
        outcome.times = self._times(placed, events, invoices, mails)

    def _times(
        self, placed: Placed, events: list[Record], invoices: list[Record], mails: list[Record]
    ) -> dict[str, Spread]:
        """From an event's time, which is taken just before its transaction commits."""
        when: dict[tuple[str, str], datetime] = {(row["type"], row["data"]["order_id"]): row["time"] for row in events}
        received = {message.id: message.received for message in self.feed.messages}
        live = [received[str(r["id"])] - r["time"].timestamp() for r in events if str(r["id"]) in received]
        created = [received[str(r["id"])] - r["time"].timestamp() for r in events
                   if r["type"] == "OrderCreated" and str(r["id"]) in received]  # fmt: skip

        def since(type_: str, order_id: object, moment: datetime | None) -> list[float]:
            start = when.get((type_, str(order_id)))
            return [(moment - start).total_seconds()] if start and moment else []

        def mailed(kind: str, type_: str) -> Spread:
            rows = (row for row in mails if row["kind"] == kind)
            return Spread.of(s for row in rows for s in since(type_, row["order_id"], row["sent_at"]))

        return {
            "POST /orders to its answer": Spread.of(answer.seconds for answer in placed.answers.values()),
            "confirm, cancel to their answer": Spread.of(answer.seconds for answer in placed.decisions.values()),
            "order placed to live message": Spread.of(created),
            "any event of an order to live message": Spread.of(live),
            "order placed to mail sent": mailed(checks.MAIL_OF["OrderCreated"], "OrderCreated"),
            "order cancelled to mail sent": mailed(checks.MAIL_OF["OrderCancelled"], "OrderCancelled"),
            "order confirmed to PDF stored": Spread.of(
                s for row in invoices for s in since("OrderConfirmed", row["order_id"], row["stored_at"])
            ),
            "order confirmed to mail with PDF sent": mailed(checks.MAIL_OF["InvoiceGenerated"], "OrderConfirmed"),
        }
