"""Cursors by themselves; what lists make of them is tested with each list, and with all of them in `shop/tests`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.pagination import make_cursor, read_cursor, read_id, read_time
from api.problems import Invalid

NAMES = st.lists(st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1), min_size=1, max_size=3)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"))
ROW = st.tuples(TEXT, st.datetimes(timezones=st.just(UTC)), st.uuids(), st.integers(-(2**63), 2**63 - 1))


@given(row=ROW, backwards=st.booleans())
def test_what_is_made_reads_back(row: tuple[Any, ...], backwards: bool) -> None:
    text, time, id, number = row
    ordering = ["-text", "time", "-id", "number"]
    typed: list[Callable[[Any], Any]] = [str, read_time, read_id, int]
    cursor = make_cursor(ordering, [text, time.isoformat(), str(id), number], backwards=backwards)
    assert cursor.replace("-", "").replace("_", "").isalnum()
    assert read_cursor(cursor, ordering, typed) == (backwards, list(row))


@given(NAMES, NAMES)
def test_a_cursor_of_one_ordering_is_none_of_another(one: list[str], other: list[str]) -> None:
    cursor = make_cursor(one, [1] * len(one), backwards=False)
    if one == other:
        assert read_cursor(cursor, other, [int] * len(other)) == (False, [1] * len(one))
    else:
        with pytest.raises(Invalid):
            read_cursor(cursor, other, [int] * len(other))
