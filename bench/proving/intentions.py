"""What somebody wants to be done once, and every answer that they got to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Intention:
    """A POST that somebody wants done: its key, and every answer of success. `refusal` is why it was not to be."""

    key: str
    body: dict[str, Any]
    answers: list[dict[str, Any]] = field(default_factory=list)
    path: str = "/orders"
    refusal: str = ""


def unanswered(intentions: Sequence[Intention]) -> list[str]:
    """Keys without an answer, and orders that were answered to two keys."""
    wrong = [f"{one.key} has no answer" for one in intentions if not one.answers]
    named = Counter(one.answers[0]["id"] for one in intentions if one.answers)
    return wrong + [f"order {id} was answered to {count} keys" for id, count in named.items() if count > 1]


def unequal(intentions: Sequence[Intention]) -> list[str]:
    return [one.key for one in intentions if any(answer != one.answers[0] for answer in one.answers[1:])]
