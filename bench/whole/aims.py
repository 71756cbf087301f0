"""The aims, each held against the figures of a run: what was measured, and beside which floor in the same run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Figures = dict[str, Any]
"""What a part has written: see bench/proving/envelope.py."""


@dataclass(frozen=True)
class Held:
    """What was measured for an aim. `to_floor` names the floor."""

    measured: str
    to_floor: str
    reached: bool


@dataclass(frozen=True)
class Aim:
    what: str
    aim: str
    part: str
    hold: Callable[[Figures], Held | None]
    """None where the figures do not have it: a look may have left it out."""


def read(folder: Path) -> dict[str, Figures]:
    """The figures of all parts that lie in the folder, by name."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(folder.glob("*.json"))}


def _row(figures: Figures, **facts: Any) -> Any | None:
    return next((row for row in figures["rows"] if facts.items() <= row.items()), None)


def _read_at_least(case: str, per_second: float, of_view: float = 0.0) -> Callable[[Figures], Held | None]:
    """At the smallest catalog of the run, as the aims were taken of shops with few products."""

    def hold(figures: Figures) -> Held | None:
        products = min(row["products"] for row in figures["rows"])
        one = _row(figures, case=case, products=products)
        view = _row(figures, case="bare Django view", products=products)
        if not one or not view:
            return None
        share = one["per_second"] / view["per_second"]
        reached = one["per_second"] >= per_second and share >= of_view
        return Held(f"{one['per_second']:,.0f}/s", f"{share:.0%} of a bare Django view", reached)

    return hold


def _orders(figures: Figures) -> Held | None:
    """Of the rows on an empty table and distinct products: either side of the aim may be reached by another one."""
    rows = [row for row in figures["rows"] if row["shop"] and not row["orders"] and row["what"].startswith("distinct")]
    if not rows:
        return None
    best = max(row["shop"]["per_second"] for row in rows)
    # As many buyers as the web process has threads keep both busy; a single one waits for the disk.
    share = max(row["shop"]["per_second"] / row["pgbench"]["per_second"] for row in rows if row["buyers"] > 1)
    return Held(f"{best:,.0f}/s", f"{share:.0%} of pgbench", best >= 540 or share >= 0.25)


def _race(figures: Figures) -> Held:
    """The first check is the race for one SKU; all others must hold, too."""
    return Held(figures["checks"][0]["found"], "", not figures["differences"])


def _live(figures: Figures) -> Held | None:
    floor, one = _row(figures, name="floor: a bare connection"), _row(figures, name="undisturbed")
    if not floor or not one:
        return None
    late, least = one["late"]["p95"] * 1000, floor["late"]["p95"] * 1000
    return Held(f"{late:.0f} ms", f"{least:.0f} ms on a bare connection", late <= 250)


def _pipeline(figures: Figures) -> Held:
    """The first row is the run; what WeasyPrint alone could do with a core is the floor."""
    alone = next(row["processor"] for row in figures["rows"] if str(row.get("what", "")).startswith("WeasyPrint"))
    per_core = figures["rows"][0]["per_core"]
    return Held(f"{per_core:.1f}/s a core", f"{1000 / alone:.1f}/s a core for WeasyPrint alone", per_core >= 30)


def _memory(figures: Figures) -> Held:
    total = sum(row["mib"] for row in figures["rows"])
    return Held(f"{total:,.0f} MiB", "", total < 400)


def _first(figures: Figures) -> Held:
    slowest = max(row["seconds"] for row in figures["rows"])
    return Held(f"{slowest:.1f} s", "", slowest < 30)


AIMS = (
    Aim(
        "list of 20, each made anew",
        "1,400/s and 40 % of a bare view",
        "catalog",
        _read_at_least("list of 20", 1400, 0.4),
    ),
    Aim("list of 20, nothing changed", "1,400/s", "catalog", _read_at_least("list of 20, nothing changed", 1400)),
    Aim("product detail", "1,400/s", "catalog", _read_at_least("detail", 1400)),
    Aim("orders of two lines, durable", "540/s, or a quarter of pgbench", "orders", _orders),
    Aim("200 buyers for 50 units", "50 sold, 150 told so", "race", _race),
    Aim("commit to live message, p95", "250 ms", "live", _live),
    Aim("order to mails and PDF, at the end of the queue", "30/s a core", "pipeline", _pipeline),
    Aim("memory of the whole system at rest", "400 MB", "memory", _memory),
    Aim("first 200 on a fresh clone", "30 s", "first", _first),
)


def rows(figures: dict[str, Figures], aims: Iterable[Aim] = AIMS) -> list[list[str]]:
    """A table, its heading first. What was not measured is not in it."""
    lines = [["what", "measured", "beside its floor", "aim", "reached", "load before"]]
    for aim in aims:
        part = figures.get(aim.part)
        held = aim.hold(part) if part else None
        if part and held:
            said = "yes" if held.reached else "no"
            lines.append([aim.what, held.measured, held.to_floor, aim.aim, said, f"{part['load_before']:.1f}"])
    return lines
