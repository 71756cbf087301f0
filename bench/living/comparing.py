"""What a socket was told, held against the log: each event that is its owner's to hear, once, in order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bench.proving.report import Spread

EXAMPLES = 5


@dataclass(frozen=True)
class Told:
    """An event of the log. `time` is in Unix seconds, of the moment before its transaction committed."""

    position: int
    id: str
    owner: str | None
    time: float


@dataclass
class Heard:
    """One socket, through all its connections: from which cursor on, and the position and moment of each message."""

    owner: str | None
    start: int
    positions: Sequence[int]
    moments: Sequence[float]
    slow: bool = False


@dataclass
class Verdict:
    """Sums over all sockets. `late` is phase → from the event's time to the message."""

    sockets: int = 0
    expected: int = 0
    heard: int = 0
    missing: int = 0
    repeated: int = 0
    out_of_order: int = 0
    strange: int = 0
    examples: list[str] = field(default_factory=list)
    late: dict[str, Spread] = field(default_factory=dict)
    heard_in: dict[str, int] = field(default_factory=dict)
    events_in: dict[str, int] = field(default_factory=dict)


class Log:
    def __init__(self, told: Iterable[Told]) -> None:
        self.told = sorted(told, key=lambda one: one.position)
        self.times = {one.position: one.time for one in self.told}
        self._all = [one.position for one in self.told]
        self._of: defaultdict[str | None, list[int]] = defaultdict(list)
        for one in self.told:
            self._of[one.owner].append(one.position)

    def due(self, owner: str | None, after: int) -> list[int]:
        """The positions that somebody must be told of; nobody in particular hears of all."""
        own = self._all if owner is None else self._of.get(owner, [])
        return own[bisect_right(own, after) :]


def compare(log: Log, sockets: Iterable[Heard], phases: Sequence[tuple[str, float]]) -> Verdict:
    """`phases` are names, and when each began, in order. Slow sockets are counted, and not timed."""
    verdict = Verdict()
    begins = [begin for _, begin in phases]
    late: defaultdict[str, list[float]] = defaultdict(list)
    for number, socket in enumerate(sockets):
        _count(verdict, number, log.due(socket.owner, socket.start), socket.positions)
        for position, moment in zip(socket.positions, socket.moments, strict=True):
            time = log.times.get(position)
            if time is None:
                continue
            phase = phases[max(0, bisect_right(begins, time) - 1)][0]
            verdict.heard_in[phase] = verdict.heard_in.get(phase, 0) + 1
            if not socket.slow:
                late[phase].append(moment - time)
    verdict.late = {phase: Spread.of(times) for phase, times in late.items()}
    verdict.events_in = dict(
        Counter(phases[max(0, bisect_right(begins, one.time) - 1)][0] for one in log.told if one.time >= begins[0])
    )
    return verdict


def _count(verdict: Verdict, number: int, due: Sequence[int], positions: Sequence[int]) -> None:
    verdict.sockets += 1
    verdict.expected += len(due)
    verdict.heard += len(positions)
    if list(positions) == due:
        return
    times = Counter(positions)
    missing = [position for position in due if position not in times]
    repeated = sum(count - 1 for count in times.values())
    strange = [position for position in times if not _is_in(due, position)]
    turned = sum(1 for before, after in pairwise(positions) if after < before)
    verdict.missing += len(missing)
    verdict.repeated += repeated
    verdict.out_of_order += turned
    verdict.strange += len(strange)
    if len(verdict.examples) < EXAMPLES:
        verdict.examples.append(
            f"socket {number}: {len(positions)} of {len(due)}; missing {missing[:3]}, {repeated} repeated, "
            f"{turned} out of order, not its own {strange[:3]}"
        )


def _is_in(ordered: Sequence[int], value: int) -> bool:
    place = bisect_left(ordered, value)
    return place < len(ordered) and ordered[place] == value
