"""How PostgreSQL goes about the shop window's reads: each plan, and what must not be in one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection

from bench.proving.report import Check

MOST_SORTED = 2000
"""Rows: a page has 100 at most, and a search ranks a thousand; more than that is a sort of the whole."""
TABLES = re.compile(r"Seq Scan on catalog_(product|variant|productimage|searchword)\b")
SORT = re.compile(r"(^|->\s+)Sort\b")
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
    wrong = [f"{name}: {found.group(0)}" for plan in plans for found in TABLES.finditer(plan)]
    for plan in plans:
        lines = plan.splitlines()
        sorts = [_rows_below(lines, place) for place, line in enumerate(lines) if SORT.search(line)]
        wrong += [f"{name}: a sort of {rows} rows" for rows in sorts if rows > MOST_SORTED]
    return Check(f"plan of {name}", "indexes", "indexes" if not wrong else "see below", wrong)


def _rows_below(lines: list[str], sort: int) -> int:
    """Rows that went into the sort: those that the node below it gave."""
    for line in lines[sort + 1 :]:
        if found := ROWS.search(line):
            return int(float(found.group(1)) * int(found.group(2)))
    return 0
