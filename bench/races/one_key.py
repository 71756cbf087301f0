"""One idempotency key, sent many times at once."""

from __future__ import annotations

from collections import Counter

from bench.proving.report import Check, Spread
from bench.races.start import CONFLICT, CREATED, Reply, Start, compare_stock, in_words


def one_key(start: Start, count: int) -> tuple[list[Check], Spread]:
    """One order, the same answer to all or 409 in flight, and a replay afterwards."""
    sku, key = start.product("ONE-KEY", count), f"{start.run}-one"
    replies: list[Reply] = start.at_once(count, lambda _: start.order({sku: 1}, "one", key))
    late = start.order({sku: 1}, "one", key)
    bodies = [reply.body for reply in [*replies, late] if reply.status == CREATED]
    other = [
        f"{reply.status} {reply.body}"
        for reply in replies
        if reply.status != CREATED and reply.words != f"{CONFLICT} idempotency_key_in_flight"
    ]
    fresh = sum(reply.status == CREATED and "Idempotency-Replayed" not in reply.headers for reply in replies)
    found = start.staff.send("GET", f"/orders?email=one@{start.run.lower()}.example.com").body["results"]
    same = [] if all(body == bodies[0] for body in bodies) else ["the answers of 201 differ"]
    replayed = late.status == CREATED and late.headers.get("Idempotency-Replayed") == "true"
    have = Counter(str(reply.status) for reply in replies)
    return [
        Check(f"one key, {count} times at once", "201 or 409 in flight", in_words(have), other + same),
        Check("answers that are no replay", "1", str(fresh), [] if fresh == 1 else [f"{fresh}"]),
        Check("a later try is a replay", "201", str(late.status), [] if replayed else [f"{late.status} {late.body}"]),
        Check("orders made", "1", str(len(found)), [] if len(found) == 1 else [str([o["number"] for o in found])]),
        *compare_stock(start.stock("ONE-KEY"), count, ordered={sku: 1}, cancelled={}),
    ], Spread.of(reply.seconds for reply in replies)
