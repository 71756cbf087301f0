"""What must not be after a crash is found where it is."""

from __future__ import annotations

from bench.proving.intentions import Intention, unanswered, unequal


def test_a_key_without_an_answer_and_an_order_of_two_keys_are_found() -> None:
    intentions = [Intention(key, {}, [{"id": order}]) for key, order in (("a", "1"), ("b", "2"), ("c", "2"))]

    assert unanswered(intentions[:2]) == []
    assert unanswered([*intentions, Intention("d", {})]) == ["d has no answer", "order 2 was answered to 2 keys"]


def test_another_answer_to_the_same_key_is_found() -> None:
    same, other = Intention("a", {}, [{"id": "1"}, {"id": "1"}]), Intention("b", {}, [{"id": "1"}, {"id": "2"}])

    assert unequal([same, other]) == ["b"]
