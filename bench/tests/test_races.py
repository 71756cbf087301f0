"""A race whose comparison cannot fail proves nothing: each is shown a difference here, and must find it."""

from __future__ import annotations

from typing import Any

import pytest

from bench.races.start import Reply, compare_lines, compare_stock

ROW = {"sku": "A", "stock": 3, "ledger": 3, "lowest": 0, "sold": 9, "cancelled": 2, "received": 10}


def stock(**changes: Any) -> list[list[str]]:
    checks = compare_stock([ROW | changes], 10, ordered={"A": 9}, cancelled={"A": 2})
    return [check.differences for check in checks]


def test_what_adds_up_has_no_difference() -> None:
    assert stock() == [[], []]


@pytest.mark.parametrize(
    "changes",
    [{"stock": 2, "ledger": 2}, {"ledger": 4}, {"lowest": -1}, {"sold": 8, "cancelled": 1}, {"received": 11}],
    ids=[
        "sold without being ordered",
        "a line missing",
        "oversold for a moment",
        "a cancel lost",
        "units from nowhere",
    ],
)
def test_a_unit_is_found(changes: dict[str, int]) -> None:
    assert any(stock(**changes))


@pytest.mark.parametrize(
    "rows",
    [[], [{"order_id": "1", "sku": "A", "quantity": 3}], [{"order_id": id, "sku": "A", "quantity": 2} for id in "12"]],
    ids=["lost", "with another quantity", "doubled"],
)
def test_an_order_that_is_not_as_it_was_answered_is_found(rows: list[dict[str, Any]]) -> None:
    reply = Reply(201, {"id": "1", "lines": [{"sku": "A", "quantity": 2}]}, {}, 0.1, {"A": 2})

    assert compare_lines([reply], [{"order_id": "1", "sku": "A", "quantity": 2}]).differences == []
    assert len(compare_lines([reply], rows).differences) == 1
