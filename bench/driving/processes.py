"""What the kernel tells of processes: who is below whom, and what they hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    command: tuple[str, ...]


def all_below(top: int) -> Iterator[Process]:
    """`top` itself first, then whatever it has begun and what that has begun."""
    waiting = [(top, 0)]
    while waiting:
        pid, parent = waiting.pop()
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
            children = [
                int(child)
                for task in Path(f"/proc/{pid}/task").iterdir()
                for child in (task / "children").read_text().split()
            ]
        except OSError:  # it has ended since it was named
            continue
        yield Process(pid, parent, tuple(word for word in command if word))
        waiting += [(child, pid) for child in children]


def proportional_memory(pid: int) -> int:
    """Bytes: what is its own, and its share of what it shares (PSS). 0 where it has ended meanwhile."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
