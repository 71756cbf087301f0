"""Reading the file of traces, and a trace as a tree that a person reads."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from api.tracing.exporting import put_aside


@dataclass(frozen=True, kw_only=True)
class Line:
    """One span of the file. `start` and `end` are nanoseconds since 1970; `parent` is empty for a trace's first."""

    trace: str
    span: str
    parent: str
    process: str
    kind: str
    name: str
    start: int
    end: int
    error: str
    facts: dict[str, str | int]


def spans_of(file: Path, trace_ids: Collection[str]) -> dict[str, list[Line]]:
    """Trace → its spans, as far as the file, and the one that was put aside before it, hold them."""
    found: dict[str, list[Line]] = {trace_id: [] for trace_id in trace_ids}
    for path in (put_aside(file), file):
        if not path.exists():
            continue
        with path.open(encoding="utf-8") as lines:
            for text in lines:
                if any(trace_id in text for trace_id in found):
                    line = Line(**json.loads(text))
                    found[line.trace].append(line)
    return found


def tree(spans: Collection[Line]) -> Iterator[str]:
    """A line for each span: when it began after the trace did, how long it took, in which process, below which other.

    A span whose parent is not there, because another program began the trace, stands at the left.
    """
    known = {line.span for line in spans}
    below: dict[str, list[Line]] = {}
    for line in sorted(spans, key=lambda line: line.start):
        below.setdefault(line.parent if line.parent in known else "", []).append(line)
    if not below:
        return
    zero = below[""][0].start

    def written(line: Line, stem: str, branch: str) -> Iterator[str]:
        yield f"{_ms(line.start - zero)} {_ms(line.end - line.start)}  {line.process:<8}{stem}{branch}{_told(line)}"
        children = below.get(line.span, [])
        stem += {"": "", "├─ ": "│  ", "└─ ": "   "}[branch]
        for number, child in enumerate(children, 1):
            yield from written(child, stem, "└─ " if number == len(children) else "├─ ")

    yield f"{'began':>12} {'took':>12}  process"
    for line in below[""]:
        yield from written(line, "", "")


def _ms(nanoseconds: int) -> str:
    return f"{nanoseconds / 1_000_000:>9,.1f} ms"


def _told(line: Line) -> str:
    facts = "  ".join(f"{name}={value}" for name, value in line.facts.items())
    failed = f"  FAILED: {line.error}" if line.error else ""
    return f"{line.name}{f'  [{facts}]' if facts else ''}{failed}"
