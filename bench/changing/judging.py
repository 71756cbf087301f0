"""What must hold when the load is over: by the answers, the sockets, the database, the bucket and the mailbox."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bench.changing.traffic import Traffic
from bench.driving.feed import Feed
from bench.proving import comparing, mailbox, records
from bench.proving.aws import Aws
from bench.proving.records import Record, Records
from bench.proving.report import Check
from local.running import System

SETTLE = 90.0  # seconds that what is left may stand still
UNPUBLISHED = "SELECT count(*) FROM events_event WHERE published_at IS NULL"
UNSENT = """
SELECT count(*) FROM notifications_mail m JOIN orders_order o ON o.id = m.order_id
WHERE o.email LIKE %(mine)s AND m.status = 'queued'
"""
BY_VERSION = "SELECT placed_by, count(*) FROM orders_order WHERE email LIKE %(mine)s GROUP BY 1 ORDER BY 1"


class Judge:
    def __init__(self, system: System, traffic: Traffic) -> None:
        self.system, self.traffic = system, traffic
        self.aws = Aws(system.aws, system.queues, system.bucket)
        self.records = Records(system.database, traffic.run, traffic.domain)
        self.due = expected_mails(traffic.placed, traffic.confirmed)

    def settle(self) -> Check:
        """Until nothing is left to do and the sockets have heard of all. What stands still is stuck."""
        least, until = sys.maxsize, time.monotonic() + SETTLE
        while True:
            left = {name: count for name, count in self._left().items() if count}
            total = sum(left.values())
            if total < least:
                least, until = total, time.monotonic() + SETTLE
            if not left or time.monotonic() > until:
                return Check("left to do at the end", "0", str(total), [f"{n}: {c}" for n, c in left.items()])
            time.sleep(0.5)

    def _left(self) -> dict[str, int]:
        ask = self.records.ask
        written = len(ask(records.MAILS))
        return {
            "events not published": ask(UNPUBLISHED)[0]["count"],
            "mails not written": max(0, sum(self.due.values()) - written),
            "mails not sent": ask(UNSENT)[0]["count"],
            **{f"in queue {name}": count for name, count in self.aws.waiting().items()},
            "events that a socket has not heard": sum(
                len(self._log(feed)) - len(feed.messages) for feed in self.traffic.feeds
            ),
        }

    def _log(self, feed: Feed) -> list[Record]:
        return self.records.log(int(feed.start_cursor))

    def checks(self, served: Mapping[str, int], ends: Mapping[str, int], new: str) -> list[Check]:
        traffic, ask = self.traffic, self.records.ask
        orders, invoices, mails = ask(records.ORDERS), ask(records.INVOICES), ask(records.MAILS)
        delivered = mailbox.delivered(self.system.state / "mails", traffic.domain)
        return [
            requests(traffic),
            same_orders(traffic.placed, orders),
            both_wrote(ask(BY_VERSION), new),
            Check("each version answered", "both", in_words(served), [] if len(served) == 2 else ["one did not"]),
            *(comparing.live(feed.start_cursor, feed.messages, self._log(feed)) for feed in traffic.feeds),
            documents(traffic.confirmed, invoices),
            numbers(ask(records.NUMBERS)),
            self.aws.pdfs(invoices),
            written(self.due, mails),
            mailbox.check(mails, delivered, doubles_allowed=False),
            comparing.leftovers("dead letters", {}, self.aws.dead()),
            ended_well(ends),
        ]


def expected_mails(placed: Iterable[str], confirmed: Iterable[str]) -> Counter[tuple[str, str]]:
    """Order and kind of each mail that must be."""
    return Counter(
        [*((order, "order_received") for order in placed), *((order, "order_confirmed") for order in confirmed)]
    )


def requests(traffic: Traffic) -> Check:
    total = sum(len(times) for times in traffic.seconds.values())
    return Check("requests, each sent once", f"{total} answered", f"{total - len(traffic.wrong)}", traffic.wrong)


def same_orders(placed: Sequence[str], rows: Sequence[Record]) -> Check:
    have = Counter(str(row["id"]) for row in rows)
    want = Counter(placed)
    wrong = [f"order {order} was answered 201 and is not there" for order in want - have]
    wrong += [f"order {order} is there, and nobody was told of it" for order in have - want]
    return Check("orders, each once", str(len(placed)), str(len(rows)), wrong)


def both_wrote(rows: Sequence[Record], new: str) -> Check:
    """With the migration done, the old version left the column to its default, the new one wrote it."""
    counts = {row["placed_by"]: row["count"] for row in rows}
    wrong = [f"no order was placed by {name or 'the old version'}" for name in ("", new) if not counts.get(name)]
    found = f"{counts.get('', 0)} by the old version, {counts.get(new, 0)} by {new}"
    return Check("each version placed orders", "both", found, wrong)


def documents(confirmed: Sequence[str], rows: Sequence[Record]) -> Check:
    have, want = Counter(str(row["order_id"]) for row in rows), Counter(confirmed)
    wrong = [f"{want[order]} invoices due for order {order}, {have[order]} made" for order in (want | have)
             if want[order] != have[order]]  # fmt: skip
    return Check("invoices, one for each confirmed order", str(len(confirmed)), str(len(rows)), wrong)


def numbers(series: Sequence[Record]) -> Check:
    wrong = [f"{row['series']}: {row['documents']} documents, last number {row['last']}" for row in series
             if not row["documents"] == row["highest"] == row["last"]]  # fmt: skip
    found = ", ".join(f"{row['series']}-{row['year']} 1 to {row['last']}" for row in series)
    return Check("numbers without a gap", "none missing", found, wrong)


def written(due: Counter[tuple[str, str]], rows: Sequence[Record]) -> Check:
    have = Counter((str(row["order_id"]), row["kind"]) for row in rows)
    wrong = [f"{kind} of {order}: {due[order, kind]} due, {have[order, kind]} written" for order, kind in (due | have)
             if due[order, kind] != have[order, kind]]  # fmt: skip
    wrong += [f"{row['kind']} to {row['to']} is {row['status']}" for row in rows if row["status"] != "sent"]
    return Check("mails, sent", str(sum(due.values())), str(sum(have.values())), wrong)


def ended_well(ends: Mapping[str, int]) -> Check:
    wrong = [f"{name} ended with status {status}" for name, status in ends.items() if status]
    return Check("processes ended in good order", str(len(ends)), str(len(ends) - len(wrong)), wrong)


def in_words(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} by {name}" for name, count in sorted(counts.items()))
