"""What a round was, and how it is told: as text, as a row of the table, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.proving.intentions import Intention
from bench.proving.report import Check, print_checks, table

COLUMNS = ("orders", "confirmed", "cancelled", "owed", "doubled mails", "struck", "copies", "reconnects")


@dataclass
class Round:
    number: int
    plan: list[str]
    happened: list[tuple[float, str]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    waited_for: dict[str, float] = field(default_factory=dict)
    """What was left to do when the weather was good again, and for how many seconds."""
    checks: list[Check] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def differences(self) -> int:
        return sum(len(check.differences) for check in self.checks)


def outcome(placed: Sequence[Intention], decided: Sequence[Intention]) -> dict[str, int]:
    """What became of what was wanted."""
    done = Counter(one.path.rpartition("/")[2] for one in decided if one.answers)
    return {
        "orders": sum(1 for one in placed if one.answers),
        "confirmed": done["confirm"],
        "cancelled": done["cancel"],
        "refused": sum(1 for one in (*placed, *decided) if one.refusal),
    }


def tell(played: Round, seed: int) -> None:
    print(f"\n── round {played.number} of seed {seed} {'─' * 50}")
    for at, what in played.happened:
        print(f"  {at:5.1f} s  {what}")
    print("  " + ", ".join(f"{count} {what}" for what, count in played.counts.items()))
    for what, count in sorted(played.faults.items()):
        print(f"  {count:5d} × {what}")
    waited = ", ".join(f"{seconds:.0f} s for {what}" for what, seconds in played.waited_for.items())
    print(f"  waited {waited or 'for nothing'}")
    print_checks(played.checks)
    print(f"Round {played.number}: {played.differences} differences in {played.seconds:.0f} s.", flush=True)


def markdown(rounds: list[Round]) -> str:
    """The table of docs/reliability.md, with the sums of all rounds as its last row."""
    rows = [["round", "faults", *COLUMNS, "seconds", "differences"], ["---"] * (len(COLUMNS) + 4)]
    for one in rounds:
        kinds = dict.fromkeys(sorted(word.partition(" (")[0] for word in one.plan))
        numbers = [*(one.counts[column] for column in COLUMNS), round(one.seconds), one.differences]
        rows.append([str(one.number), "; ".join(kinds), *map(str, numbers)])
    sums = [sum(one.counts[column] for one in rounds) for column in COLUMNS]
    all_ = [*sums, round(sum(one.seconds for one in rounds)), sum(one.differences for one in rounds)]
    rows.append(["**all**", "", *map(str, all_)])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def summary(rounds: list[Round]) -> str:
    rows = [["round", *COLUMNS, "seconds", "differences", "faults"]]
    for one in rounds:
        counts = [str(one.counts[column]) for column in COLUMNS]
        kinds = sorted({word.partition(" (")[0] for word in one.plan})
        rows.append([str(one.number), *counts, f"{one.seconds:.0f}", str(one.differences), "; ".join(kinds)])
    return table(rows)


def as_json(rounds: list[Round]) -> list[dict[str, Any]]:
    return [asdict(one) | {"differences": one.differences} for one in rounds]
