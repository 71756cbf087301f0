"""How PostgreSQL goes about the shop window's reads: each plan, and what must not be in one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection

from bench.proving.report import Check

MOST_SORTED = 2000
"""Rows: a page has 100 at most, and a search ranks a thousand; more than that is a sort of the whole."""
MOST_READ = 20_000
"""Rows that may be looked at without an index: the thousand to rank of a frequent word are found sooner so."""
TABLES = re.compile(r"Seq Scan on catalog_(product|variant|productimage|searchword)\b")
SORT = re.compile(r"(^|->\s+)Sort\b")
REMOVED = re.compile(r"Rows Removed by Filter: (\d+)")
ROWS = re.compile(r"rows=([\d.]+) loops=(\d+)")


class Explain:
    """Runs what it is given, and keeps the plan of every statement that touches the catalog's tables."""

    def __init__(self) -> None:
        self.plans: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
        if "catalog_" in sql and sql.lstrip().startswith(("SELECT", "WITH")) and "catalog_revision" not in sql:
            with context["connection"].cursor() as cursor:
                inner = cursor.cursor
                inner.execute(f"EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, BUFFERS OFF) {sql}", params)
                self.plans.append("\n".join(row[0] for row in inner.fetchall()))
        return execute(sql, params, many, context)


def plan_of(work: Callable[[], object]) -> list[str]:
    explain = Explain()
    with connection.execute_wrapper(explain):
        work()
    return explain.plans


def check(name: str, plans: list[str]) -> Check:
    """No table of the catalog read from end to end, and nothing sorted but what a page or a search may hold."""
    wrong = []
    for plan in plans:
        lines = plan.splitlines()
        for place, line in enumerate(lines):
            if (scan := TABLES.search(line)) and (rows := _rows_read(lines[place:])) > MOST_READ:
                wrong.append(f"{name}: {scan.group(0)}, {rows} rows of it")
            if SORT.search(line) and (rows := _rows_below(lines[place:])) > MOST_SORTED:
                wrong.append(f"{name}: a sort of {rows} rows")
    return Check(f"plan of {name}", "indexes", "indexes" if not wrong else "see below", wrong)


def _rows_read(scan: list[str]) -> int:
    """Rows that a scan looked at: those that it gave, and those that its filter took away."""
    rows, loops = _rows(scan[0])
    for line in scan[1:]:
        if "->" in line:
            break
        if found := REMOVED.search(line):
            rows += int(found.group(1))
    return int(rows * loops)


def _rows_below(sort: list[str]) -> int:
    """Rows that went into a sort: those that the node below it gave."""
    for line in sort[1:]:
        rows, loops = _rows(line)
        if loops:
            return int(rows * loops)
    return 0


def _rows(line: str) -> tuple[float, int]:
    """What a node gave each time, and how often it was run; nothing for a line that is no node."""
    found = ROWS.search(line)
    return (float(found.group(1)), int(found.group(2))) if found else (0, 0)
