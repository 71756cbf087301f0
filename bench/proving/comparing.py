"""Comparisons that several benches make: each says every difference in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bench.driving.client import Faults
from bench.driving.feed import Message
from bench.proving.records import Record
from bench.proving.report import Check


def same(what: str, expected: Mapping[str, object], found: Mapping[str, object]) -> list[str]:
    """Every key that is missing, too many, or has another value."""
    wrong = [f"{what} {key} is missing" for key in expected.keys() - found.keys()]
    wrong += [f"{what} {key} is there and should not be" for key in found.keys() - expected.keys()]
    wrong += [
        f"{what} {key}: expected {expected[key]}, found {found[key]}"
        for key in expected.keys() & found.keys()
        if expected[key] != found[key]
    ]
    return sorted(wrong)


def live(start: str, messages: Sequence[Message], log: Sequence[Record]) -> Check:
    """The socket against the log: every event after the hello once, in the order of the positions."""
    want = [str(row["id"]) for row in log]
    have = [message.id for message in messages]
    wrong = []
    times = Counter(have)
    wrong += [f"event {id} came {count} times" for id, count in times.items() if count > 1]
    wrong += [
        f"event {row['type']} {row['id']} at {row['position']} never came" for row in log if str(row["id"]) not in times
    ]
    wrong += [f"event {id} came and is not in the log after {start}" for id in times.keys() - set(want)]
    if not wrong and have != want:
        wrong.append("the events came in another order than the log's")
    return Check("live feed, in order, once", str(len(want)), str(len(have)), wrong)


def leftovers(what: str, before: dict[str, int], now: dict[str, int]) -> Check:
    """Queues that must hold nothing that the run has put there."""
    wrong = [
        f"{name} holds {count}, {before.get(name, 0)} before"
        for name, count in now.items()
        if count > before.get(name, 0)
    ]
    return Check(what, str(sum(before.values())), str(sum(now.values())), wrong)


def server_errors(faults: Faults) -> Check:
    """A 500 is a fault of the shop whatever was killed: it must say 503 then, and when to come again."""
    wrong = {what: count for what, count in faults.seen.items() if what.split()[0] == "500" or "without" in what}
    examples = [f"{what}, {count} times: {faults.examples[what]}" for what, count in wrong.items()]
    return Check("answers of status 500", "0", str(sum(wrong.values())), examples)
