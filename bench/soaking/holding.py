"""What a running shop holds: memory and open files of its processes, connections and tables of its database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.driving.processes import all_below, proportional_memory

CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
TABLES = """
SELECT relname, pg_total_relation_size(relid), n_live_tup, n_dead_tup FROM pg_stat_user_tables ORDER BY relname
"""


@dataclass(frozen=True)
class Held:
    """`memory` is in bytes: a process's own, and its share of what it shares (PSS), of all below it, too."""

    memory: int
    files: int


@dataclass(frozen=True)
class Table:
    size: int
    rows: int
    dead: int


def of_shop(state: Path) -> dict[str, Held]:
    """Process of `bin/up` → what it holds. Empty where the shop was not started on this machine."""
    found = {}
    for file in sorted((state / "run").glob("*.pid")):
        pids = [process.pid for process in all_below(int(file.read_text()))]
        found[file.stem] = Held(sum(map(proportional_memory, pids)), sum(map(_files, pids)))
    return found


def _files(pid: int) -> int:
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:  # it has ended
        return 0


def of_database(url: str) -> tuple[int, dict[str, Table]]:
    """Connections of others, and each table with its indexes and what it keeps apart."""
    with psycopg.connect(url) as database:
        connections = (database.execute(CONNECTIONS).fetchone() or (0,))[0]
        return int(connections), {name: Table(*numbers) for name, *numbers in database.execute(TABLES)}
