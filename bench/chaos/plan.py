"""Which faults a round has, and when: from the seed and the round's number alone, so that it can be run again."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

KILLS = ("web", "a web worker", "live", "worker", "relay", "beat", "postgres", "emulator")
AWS = ("partial", "silent", "throttled", "slow", "lost")
REST = ("three times", "disk full", "sockets cut", "clock moved")
DECK = (*(f"kill {what}" for what in KILLS), *(f"AWS {what}" for what in AWS), *REST)
PER_ROUND = 5
SERVICES = ("sns", "sqs", "s3", "ses", "events")
OF_BATCHES = ("sns", "sqs", "events")  # who takes several entries in one call
CLOCKS = ("web", "worker", "relay")
AHEAD = (-25, -4, 7, 45)  # minutes
SHORTEST, LONGEST = 0.25, 0.5  # of the load's time, that a fault lasts which has an end
CUTS = 4
LOG_TOO = "tables and write-ahead log"
"""Of a disk that is full: PostgreSQL finds no room for the next file of its log either, and cannot go on at all."""


@dataclass(frozen=True)
class Fault:
    """`at` and `seconds` count from the load's beginning. `seconds` is 0 for what happens at once, as a kill does."""

    kind: str
    at: float
    seconds: float = 0.0
    target: str = ""
    services: tuple[str, ...] = ()
    minutes: int = 0

    @property
    def words(self) -> str:
        what = f"{self.kind} {', '.join(self.services)}".strip()
        if self.minutes:
            what = f"clock of {self.target} moved by {self.minutes:+} min"
        elif self.target:
            what = f"{self.kind}: {self.target}"
        until = f" to {self.at + self.seconds:.1f}" if self.seconds else ""
        return f"{what} ({self.at:.1f}{until} s)"


@dataclass(frozen=True)
class Plan:
    seed: int
    number: int
    faults: tuple[Fault, ...]

    @property
    def counts(self) -> Counter[str]:
        return Counter(fault.kind for fault in self.faults)

    def has(self, *beginnings: str) -> bool:
        return any(fault.kind.startswith(beginnings) for fault in self.faults)


def plan(seed: int, number: int, *, seconds: float, kinds: tuple[str, ...] = DECK, count: int = PER_ROUND) -> Plan:
    """The faults of round `number` (from 1), in the order of their beginnings.

    The kinds are dealt like cards: none comes again before all have come.
    """
    cards = _dealt(seed, kinds)
    dealt = [next(cards) for _ in range(number * count)]
    chance = random.Random(f"{seed} {number}")
    turns = [(kind, dealt[:place].count(kind)) for place, kind in enumerate(dealt)][-count:]
    faults = [fault for kind, turn in turns for fault in _faults(kind, turn, chance, seconds)]
    return Plan(seed, number, tuple(sorted(faults, key=lambda fault: fault.at)))


def _dealt(seed: int, kinds: tuple[str, ...]) -> Iterator[str]:
    chance = random.Random(f"{seed} deck")
    while True:
        yield from chance.sample(kinds, len(kinds))


def _faults(kind: str, turn: int, chance: random.Random, seconds: float) -> Iterator[Fault]:
    """`turn` counts how often the kind has come before: what it strikes goes round."""
    length = round(seconds * chance.uniform(SHORTEST, LONGEST), 1)
    begin = round(chance.uniform(0.1 * seconds, 0.9 * seconds - length), 1)
    moment = round(chance.uniform(0.15, 0.85) * seconds, 1)
    match kind.split():
        case ["AWS", how]:
            able = OF_BATCHES if how == "partial" else SERVICES
            chosen = tuple(sorted(chance.sample(able, chance.randint(1, 3))))
            yield Fault(kind, begin, length, services=chosen)
        case ["three", "times"]:
            yield Fault(kind, 0.0, seconds)
        case ["disk", "full"]:
            yield Fault(kind, begin, length, target=(LOG_TOO, "tables")[turn % 2])
        case ["sockets", "cut"]:
            for _ in range(CUTS):
                yield Fault(kind, round(chance.uniform(0.1, 0.9) * seconds, 1))
        case ["clock", "moved"]:
            target, minutes = CLOCKS[turn % len(CLOCKS)], chance.choice(AHEAD)
            yield Fault(kind, round(0.2 * seconds, 1), round(0.7 * seconds, 1), target=target, minutes=minutes)
        case ["kill", ("worker" | "relay") as what]:
            yield Fault(kind, moment, target=(what, f"{what}-2")[turn % 2])
        case ["kill", *_]:
            yield Fault(kind, moment)
