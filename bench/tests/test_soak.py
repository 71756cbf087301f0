"""What grows is found; what a shop needs for its work is not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.proving.report import Check
from bench.soaking.holding import Held, Table
from bench.soaking.judging import MIB, Sample, bloat, connections, files, memory

COUNT = 16


def soaked(**grows: int) -> list[Sample]:
    """Samples of a shop in which what is named grows by so much from one to the next."""
    return [
        Sample(
            float(number),
            number * 100,
            {"web": Held(100 * MIB + number * grows.get("memory", 0), 40 + number * grows.get("files", 0))},
            20 + number * grows.get("connections", 0),
            {"orders_order": Table((4 + number * grows.get("size", 0)) * MIB, 1000 + number * grows.get("rows", 0), 0)},
        )
        for number in range(COUNT)
    ]


def test_a_shop_that_stays_as_it_is_passes() -> None:
    samples = soaked()

    assert [check(samples).differences for check in (memory, files, connections, bloat)] == [[], [], [], []]


@pytest.mark.parametrize(
    ("check", "grows", "found"),
    [
        (memory, {"memory": 2 * MIB}, "web: 111 MiB, later 127"),
        (files, {"files": 1}, "web: 46 open files, later 54"),
        (connections, {"connections": 1}, "26, later 34"),
    ],
    ids=["memory", "files", "connections"],
)
def test_what_grows_is_found(check: Callable[[list[Sample]], Check], grows: dict[str, int], found: str) -> None:
    assert check(soaked(**grows)).differences == [found]


def test_a_table_may_grow_with_its_rows_and_not_without() -> None:
    assert bloat(soaked(size=1, rows=250)).differences == []
    (found,) = bloat(soaked(size=1)).differences
    assert found.startswith("orders_order: ")


def test_a_soak_that_is_too_short_says_nothing() -> None:
    with pytest.raises(ValueError, match="longer"):
        memory(soaked()[:7])
