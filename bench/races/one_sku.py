"""Everybody wants the same: a stampede for one SKU, alone and with staff who cancel meanwhile."""

from __future__ import annotations

import queue
import threading
from collections import Counter
from collections.abc import Sequence

from bench.proving.report import Check, Spread
from bench.races.start import CONFLICT, CREATED, Reply, Start, compare_lines, compare_stock, counted, in_words, units_of

TRIES = 6
"""Of a buyer who finds nothing left while orders are being cancelled."""
CLERKS = 4


def stampede(start: Start, buyers: int, units: int) -> tuple[list[Check], Spread]:
    """Each wants one of the units: as many orders as units, all others are told that none is left."""
    sku = start.product("STAMPEDE", units)
    replies: list[Reply] = start.at_once(buyers, lambda n: start.order({sku: 1}, f"racer-{n}"))
    want = Counter({"201": units, "409 out_of_stock": buyers - units})
    have = counted(replies)
    wrong = [f"{what}: {have[what]} instead of {want[what]}" for what in want | have if have[what] != want[what]]
    return [
        Check(f"{buyers} buyers for {units} units", in_words(want), in_words(have), wrong),
        _told(replies, sku),
        compare_lines(replies, start.lines("STAMPEDE")),
        *compare_stock(start.stock("STAMPEDE"), units, ordered=units_of(replies), cancelled={}),
    ], Spread.of(reply.seconds for reply in replies)


def with_cancels(start: Start, buyers: int, units: int) -> tuple[list[Check], Spread]:
    """Staff cancel every other order as it comes in; who found nothing left tries again, and may get what came back."""
    sku = start.product("CANCELS", units)
    placed: queue.SimpleQueue[str] = queue.SimpleQueue()
    cancels: list[str] = []
    replies: list[Reply] = []
    over = threading.Event()

    def buy(number: int) -> None:
        for attempt in range(TRIES):
            reply = start.order({sku: 1}, f"buyer-{number}", f"{start.run}-c-{number}-{attempt}")
            replies.append(reply)
            if reply.status == CREATED and number % 2:
                placed.put(reply.body["id"])
            if reply.words != "409 out_of_stock":
                return

    def cancel() -> None:
        while True:
            try:
                order = placed.get(timeout=0.05)
            except queue.Empty:
                if over.is_set():
                    return
                continue
            cancels.append(f"{start.staff.send('POST', f'/orders/{order}/cancel', {'reason': 'race'}).status}")

    clerks = [threading.Thread(target=cancel) for _ in range(CLERKS)]
    for clerk in clerks:
        clerk.start()
    start.at_once(buyers, buy)
    over.set()
    for clerk in clerks:
        clerk.join()
    have, made = counted(replies), len([reply for reply in replies if reply.status == CREATED])
    strange = [what for what in have if what not in {"201", "409 out_of_stock"}]
    again = [] if made > units else [f"{made} orders of {units} units: nothing that came back was sold"]
    refused = [status for status in cancels if status != "200"]
    return [
        Check(f"{buyers} buyers for {units} units, with cancels", "201 or out_of_stock", in_words(have), strange),
        Check("units that came back were sold again", f"more than {units}", str(made), again),
        Check("cancels", f"{len(cancels)} × 200", f"{len(cancels) - len(refused)} × 200", refused),
        _told(replies, sku),
        compare_lines(replies, start.lines("CANCELS")),
        *compare_stock(start.stock("CANCELS"), units, ordered=units_of(replies), cancelled={sku: len(cancels)}),
    ], Spread.of(reply.seconds for reply in replies)


def _told(replies: Sequence[Reply], sku: str) -> Check:
    """A refusal of one unit says that none is left."""
    said = [reply.body for reply in replies if reply.status == CONFLICT]
    unclear = [str(body) for body in said if body.get("items") != [{"sku": sku, "requested": 1, "available": 0}]]
    return Check("refusals that say what is left", str(len(said)), str(len(said) - len(unclear)), unclear)
