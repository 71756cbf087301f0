"""Who follows the live feed through everything, and what they were told since they were last asked."""

from __future__ import annotations

from bench.driving.client import Client, GaveUp
from bench.driving.feed import Feed
from bench.proving import comparing
from bench.proving.records import Record, Records
from bench.proving.report import Check


class Follower:
    """One socket through all its connections. `owner` is the customer whose events it hears of; staff hear of all."""

    def __init__(self, name: str, url: str, client: Client, owner: str | None) -> None:
        self.name, self.owner = name, owner
        self.feed = Feed(url, client)
        self._judged = 0
        self._from = 0

    def begin(self) -> None:
        self.feed.start()
        if not self.feed.ready.wait(timeout=30):
            raise GaveUp(f"{self.name} gets no hello from {self.feed.url}: {self.feed.faults[-3:]}")
        self._from = int(self.feed.start_cursor)

    def lacks(self, records: Records) -> int:
        due = records.heard(int(self.feed.start_cursor), self.owner)
        return max(0, due - len(self.feed.messages))

    def judge(self, records: Records) -> tuple[Check, list[Record]]:
        """What came since the last time, against the log; and that part of the log."""
        log = records.log(self._from)
        own = [row for row in log if self.owner in (None, row["customer_id"])]
        messages = self.feed.messages[self._judged :]
        check = comparing.live(str(self._from), messages, own)
        self._judged += len(messages)
        self._from = int(log[-1]["position"]) if log else self._from
        return Check(f"feed of {self.name}", check.expected, check.found, check.differences), log
