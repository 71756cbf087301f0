"""What must hold after a round: what clients were answered against what the shop shows. Nobody is asked here."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from bench.chaos.judging.seen import Letter, Row, Seen
from bench.proving.comparing import same
from bench.proving.intentions import Intention, unanswered, unequal
from bench.proving.report import Check

NUMBER = re.compile(r"(.+)-(\d{4})-(\d+)")
LETTERS = {
    "pending": ("OrderCreated",),
    "confirmed": ("OrderCreated", "InvoiceGenerated"),
    "cancelled": ("OrderCreated", "OrderCancelled"),
}
"""An order's status → the events that its buyer gets a mail for, one each."""
LIVES = {
    "pending": ("OrderCreated",),
    "confirmed": ("OrderCreated", "OrderConfirmed", "InvoiceGenerated"),
    "cancelled": ("OrderCreated", "OrderCancelled"),
}
"""An order's status → its events, in this order."""


def statuses(placed: Sequence[Intention], decided: Sequence[Intention]) -> tuple[dict[str, str], list[str]]:
    """Order → the status that the answers leave it in; and those that were answered two that exclude each other."""
    status = {one.answers[0]["id"]: "pending" for one in placed if one.answers}
    wrong = []
    for one in decided:
        if one.answers:
            _, _, order, verb = one.path.split("/")
            if status.get(order) != "pending":
                wrong.append(f"{one.key}: {verb} was answered 200, of an order that is {status.get(order)}")
            status[order] = {"confirm": "confirmed", "cancel": "cancelled"}[verb]
    return status, wrong


def keys(placed: Sequence[Intention], decided: Sequence[Intention], strange: Sequence[str]) -> Check:
    """Each is answered, or refused and never anything else; asked again, it gets the same answer."""
    wanted = [one for one in (*placed, *decided) if one.answers or not one.refusal]
    wrong = [*strange, *unanswered([one for one in placed if one.answers or not one.refusal])]
    wrong += [f"{one.key} has no answer" for one in decided if not one.answers and not one.refusal]
    wrong += [f"{one.key} was answered, and then refused: {one.refusal}" for one in wanted if one.refusal]
    wrong += [f"the answers to {key} differ" for key in unequal(wanted)]
    known = sum(1 for one in wanted if one.answers)
    return Check("keys with one answer", str(len(wanted)), str(known), wrong)


def orders(placed: Sequence[Intention], decided: Sequence[Intention], seen: Seen) -> list[Check]:
    status, wrong = statuses(placed, decided)
    have = {row["id"]: row["status"] for row in seen.orders}
    numbers = Counter(row["number"] for row in seen.orders)
    lost = [f"order {id} was answered 201 and is not there" for id in sorted(status.keys() - have.keys())]
    lost += [f"order {id} is there and was answered to nobody" for id in sorted(have.keys() - status.keys())]
    lost += [f"order number {number} stands {count} times" for number, count in numbers.items() if count > 1]
    both = status.keys() & have.keys()
    wrong += same("order", {id: status[id] for id in both}, {id: have[id] for id in both})
    return [
        Check("orders = keys answered 201", str(len(status)), str(len(have)), lost),
        Check("their status, by the answers", _counts(status.values()), _counts(have.values()), wrong),
    ]


def stock(placed: Sequence[Intention], decided: Sequence[Intention], begun: Mapping[str, int], seen: Seen) -> Check:
    """What there was at first, less what was sold and not called off, by the answers."""
    status, _ = statuses(placed, decided)
    left = Counter(begun)
    for one in placed:
        if one.answers and status[one.answers[0]["id"]] != "cancelled":
            for line in one.body["items"]:
                left[line["sku"]] -= line["quantity"]
    wrong = same("stock of", left, seen.stock) + [f"stock of {sku} is {n}" for sku, n in seen.stock.items() if n < 0]
    return Check("stock = begun - sold", str(sum(left.values())), str(sum(seen.stock.values())), wrong)


def invoices(seen: Seen) -> list[Check]:
    """One for each confirmed order, of its total, and no other; each series from 1 to its last, each number once."""
    want = {row["id"]: row["totals"]["total"] for row in seen.orders if row["status"] == "confirmed"}
    have = {row["order_id"]: row["totals"]["total"] for row in seen.invoices}
    count = Counter(row["order_id"] for row in seen.invoices)
    wrong = same("invoice of order", want, have)
    wrong += [f"order {order} has {times} invoices" for order, times in count.items() if times > 1]
    gaps, last = gaps_of([row["number"] for row in seen.invoices])
    numbers = ", ".join(f"{series} 1 to {number}" for series, number in last.items())
    return [
        Check("invoices = confirmed orders", str(len(want)), str(len(have)), wrong),
        Check("invoice numbers, no gap", numbers or "none", f"{len(seen.invoices)} documents", gaps),
    ]


def gaps_of(numbers: Iterable[str]) -> tuple[list[str], dict[str, int]]:
    """What is missing or stands twice in each series, and its last number."""
    series: defaultdict[str, Counter[int]] = defaultdict(Counter)
    wrong = []
    for number in numbers:
        if found := NUMBER.fullmatch(number):
            series[f"{found[1]}-{found[2]}"][int(found[3])] += 1
        else:
            wrong.append(f"{number} is no number of an invoice")
    for name, found_numbers in series.items():
        wrong += [f"{name}: {n} is missing" for n in range(1, max(found_numbers) + 1) if n not in found_numbers]
        wrong += [f"{name}: {n} stands {times} times" for n, times in found_numbers.items() if times > 1]
    return wrong, {name: max(found_numbers) for name, found_numbers in series.items()}


def letters(seen: Seen) -> set[Letter]:
    """What must be in the mailbox."""
    return {(row["number"], event) for row in seen.orders for event in LETTERS.get(row["status"], ())}


def mails(seen: Seen, *, doubles_allowed: bool) -> Check:
    """Each letter is one mail. A second copy of it is what at-least-once allows, where something broke."""
    want = letters(seen)
    wrong = [f"no mail of {event} for order {number}" for number, event in sorted(want - seen.mails.keys())]
    wrong += [f"a mail of {event} for order {number}" for number, event in sorted(seen.mails.keys() - want)]
    wrong += [
        f"{len(ids)} different mails of {event} for order {number}"
        for (number, event), ids in seen.mails.items()
        if len(ids) > 1
    ]
    copies = doubled(seen)
    allowed = ""
    if copies and doubles_allowed:
        allowed = f"{len(copies)} mails came twice, at least once: {'; '.join(copies[:10])}"
    else:
        wrong += [f"a mail came again: {copy}" for copy in copies]
    found = sum(sum(ids.values()) for ids in seen.mails.values())
    return Check("mails, each once", str(len(want)), str(found), wrong, allowed)


def doubled(seen: Seen) -> list[str]:
    """The mails of which the mailbox has more than one copy."""
    return [
        f"{event} for {number}, {sum(ids.values())} times"
        for (number, event), ids in sorted(seen.mails.items())
        if sum(ids.values()) > len(ids)
    ]


def lives(seen: Seen, told: Iterable[tuple[str, str]]) -> Check:
    """What happened to each order, as the log tells it in its own order: (type, order) in turn. Once, and in order."""
    happened: defaultdict[str, list[str]] = defaultdict(list)
    for type_, order in told:
        happened[order].append(type_)
    wrong = []
    for row in seen.orders:
        due = list(LIVES.get(row["status"], ()))
        if happened[row["id"]] != due:
            wrong.append(f"order {row['number']} ({row['status']}): {', '.join(happened[row['id']]) or 'nothing'}")
    return Check("each order's events, in order", str(len(seen.orders)), str(len(seen.orders) - len(wrong)), wrong)


def dead(poisoned: Mapping[str, Sequence[str]], found: Mapping[str, Sequence[str]], *, all_there: bool) -> Check:
    """The bodies in each dead-letter queue are those that were put on its queue to end there.

    `all_there` says that none may still be on its way.
    """
    wrong = []
    for queue in sorted(poisoned.keys() | found.keys()):
        want, have = Counter(poisoned.get(queue, ())), Counter(found.get(queue, ()))
        wrong += [f"{queue}: {body[:200]} is dead, and was not poisoned" for body in (have - want).elements()]
        if all_there:
            wrong += [f"{queue}: {body[:200]} was poisoned, and is not dead" for body in (want - have).elements()]
    want_all, have_all = (sum(len(bodies) for bodies in each.values()) for each in (poisoned, found))
    return Check("dead letters = the poisoned", str(want_all), str(have_all), wrong)


def _counts(words: Iterable[str]) -> str:
    counts = Counter(words)
    return ", ".join(f"{counts[word]} {word}" for word in sorted(counts))


def orders_of(rows: Iterable[Row]) -> Iterable[tuple[str, str]]:
    """Of the log's rows, (type, order) of those that are about one."""
    return ((row["type"], str(row["data"]["order_id"])) for row in rows if "order_id" in row["data"])
