"""Orders of five SKUs, in random order, out of few that everybody wants and that run out."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from bench.proving.report import Check, Spread
from bench.races.start import CONFLICT, Reply, Start, compare_lines, compare_stock, counted, in_words, units_of

SKUS, LINES = 8, 5


def baskets(start: Start, buyers: int, units: int) -> tuple[list[Check], Spread]:
    """`units` of each of the eight: an order is filled whole or refused, and each refusal says what was short."""
    skus = [start.product(f"BASKET-{number}", units) for number in range(SKUS)]
    chance = random.Random(start.run)
    wanted = [{sku: chance.randint(1, 3) for sku in chance.sample(skus, LINES)} for _ in range(buyers)]
    replies: list[Reply] = start.at_once(buyers, lambda n: start.order(wanted[n], f"basket-{n}"))
    have, ordered = counted(replies), units_of(replies)
    strange = [what for what in have if what not in {"201", "409 out_of_stock"}]
    return [
        Check(f"{buyers} baskets of {LINES} of {SKUS} SKUs", "201 or out_of_stock", in_words(have), strange),
        _told(replies, {sku: units - ordered[sku] for sku in skus}),
        compare_lines(replies, start.lines("BASKET")),
        *compare_stock(start.stock("BASKET"), units, ordered=ordered, cancelled={}),
    ], Spread.of(reply.seconds for reply in replies)


def _told(replies: Sequence[Reply], left: Mapping[str, int]) -> Check:
    """Stock only falls: each SKU named had less than was asked for, and at least what is left at the end."""
    said = [reply for reply in replies if reply.status == CONFLICT]
    wrong = [f"asked for {reply.asked}: {reply.body}" for reply in said if not _is_true(reply, left)]
    return Check("refusals that say what is left", str(len(said)), str(len(said) - len(wrong)), wrong)


def _is_true(reply: Reply, left: Mapping[str, int]) -> bool:
    items = reply.body.get("items", [])
    return bool(items) and all(
        item["requested"] == reply.asked[item["sku"]] and left[item["sku"]] <= item["available"] < item["requested"]
        for item in items
    )
