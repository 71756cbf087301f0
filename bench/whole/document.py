"""`bin/bench report`: the tables of docs/performance.md, written between their markers from the figures beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.whole import aims

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT, FIGURES = ROOT / "docs" / "performance.md", ROOT / "docs" / "figures"
MARKED = re.compile(r"(<!-- figures: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass(frozen=True)
class Column:
    """`place` leads into a row, step by step; `times` makes another unit of a number."""

    heading: str
    place: str
    digits: int = 0
    times: float = 1

    def cell(self, row: Mapping[str, Any]) -> str:
        value: Any = row
        for step in self.place.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, int | float):
            return f"{value * self.times:,.{self.digits}f}"
        return "" if value is None or isinstance(value, Mapping) else str(value)


def _times(place: str = "", times: float = 1, names: tuple[str, ...] = ("p50", "p95", "p99")) -> tuple[Column, ...]:
    shown = {"p999": "p99.9"}
    return tuple(Column(f"{shown.get(name, name)} ms", f"{place}{name}", 1, times) for name in names)


ALL = ("p50", "p95", "p99", "p999")
TABLES: dict[str, tuple[Column, ...]] = {
    "catalog": (
        Column("products", "products"),
        Column("", "case"),
        Column("per second", "per_second"),
        *_times(),
        Column("µs in web", "web"),
        Column("µs in PostgreSQL", "database"),
    ),
    "orders": (
        Column("in the table", "orders"),
        Column("", "what"),
        Column("buyers", "buyers"),
        Column("orders/s", "shop.per_second"),
        *_times("shop."),
        Column("µs in web", "shop.web"),
        Column("µs in PostgreSQL", "shop.database"),
        Column("pgbench/s", "pgbench.per_second"),
        Column("its µs in PostgreSQL", "pgbench.database"),
    ),
    "mixed": (
        Column("", "what"),
        Column("asked/s", "rate"),
        Column("answered/s", "answered"),
        *_times("spread.", 1000, ALL),
        Column("web, of a core", "web", 2),
        Column("PostgreSQL", "database", 2),
        Column("client", "client", 2),
        Column("holds", "holds"),
    ),
    "pipeline": (
        Column("floor", "what"),
        Column("count", "count"),
        Column("orders", "orders"),
        Column("per second", "per_second", 1),
        Column("for a second of the worker's processor", "per_core", 1),
        Column("ms of processor for one", "processor", 1),
        Column("worker, s", "processor.worker", 1),
        Column("PostgreSQL, s", "processor.postgres", 1),
        Column("emulator, s", "processor.emulator", 1),
        Column("relay, s", "processor.relay", 1),
        Column("KiB stored, an order", "kib_stored", 1),
        Column("KiB of log", "kib_logged", 1),
        Column("events", "events", 1),
    ),
    "live": (
        Column("", "name"),
        Column("events", "events"),
        Column("messages", "messages"),
        *_times("late.", 1000, ALL),
        Column("live process, of a core", "live", 2),
    ),
    "pdf": (
        Column("", "document"),
        Column("pages", "pages"),
        Column("bytes", "bytes"),
        Column("ms", "all", 0, 1000),
        Column("a page", "a_page", 0, 1000),
        Column("WeasyPrint alone, a page", "alone_a_page", 0, 1000),
        Column("XML", "xml", 1, 1000),
    ),
    "race": (Column("seconds to an answer", "race"), Column("count", "count"), *_times("", 1000, ALL)),
    "replay": (Column("time from … to …", "time"), Column("count", "count"), *_times("", 1000, ALL)),
    "memory": (Column("", "process"), Column("processes", "processes"), Column("MiB (PSS)", "mib", 1)),
    "first": (Column("bin/up on", "start"), Column("seconds to the first 200", "seconds", 1)),
}


def written(text: str, figures: Mapping[str, aims.Figures]) -> str:
    """The document with each marked place filled. What was not measured says so."""
    return MARKED.sub(lambda found: f"{found[1]}\n{_block(found[2], figures)}\n\n{found[3]}", text)


def _block(name: str, figures: Mapping[str, aims.Figures]) -> str:
    if name == "aims":
        return _lines(aims.rows(dict(figures))) if figures else "Not measured yet."
    growth = name.startswith("growth-")
    one = figures.get(name)
    if one is None:
        return "Not measured yet: `bin/bench growth`." if growth else f"Not measured yet: `bin/bench {name}`."
    columns = TABLES[name.removeprefix("growth-").partition("-")[0]]
    rows = [[column.cell(row) for column in columns] for row in one["rows"]]
    machine = one["machine"]
    where = (
        f"Commit `{one['commit']}`, {one['at'][:10]}, {one['seconds']:.0f} s, {one['differences']} differences; "
        f"{machine['processors']} × {machine['processor']}, {machine['memory_gib']} GiB, Python {machine['python']}; "
        f"load before: {one['load_before']}."
    )
    return f"{_lines([[column.heading for column in columns], *rows])}\n\n{where}"


def _lines(rows: list[list[str]]) -> str:
    head, *others = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, f"|{'---|' * len(rows[0])}", *others])


def read(folder: Path) -> dict[str, aims.Figures]:
    """The figures of a run, and those of a growth run below it as `growth-<part>`."""
    return aims.read(folder) | {f"growth-{name}": one for name, one in aims.read(folder / "growth").items()}


def write() -> None:
    DOCUMENT.write_text(written(DOCUMENT.read_text(), read(FIGURES)))
