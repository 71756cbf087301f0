"""The statements of one order, as PostgreSQL has logged them, and a pgbench script that sends the same ones.

The script replays an order that the shop placed: statement by statement, in its order, BEGIN and COMMIT among them.
What the shop sent as text is sent as text, and what it sent prepared is prepared once per connection and then executed.
Only what must differ from order to order does: products, ids, number, e-mail address, idempotency key.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from local.report import Trouble

ENTRY = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ \S+ \[(?P<process>\d+)\] (?P<level>[A-Z]+):  (?P<text>.*)$")
SENT = re.compile(r"^(?P<how>statement|execute [^:]+): (?P<sql>.*)$", re.DOTALL)
PARAMETER = re.compile(r"\$\d+ = (NULL|'(?:[^']|'')*')")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
LONG_NUMBER = re.compile(r"(?<![\w.\\-])-?\d{15,19}(?![\w.-])")
WITHIN = 10.0


@dataclass(frozen=True)
class Statement:
    """`parameters` as literals; None for a statement that came as text, with its values in it."""

    sql: str
    parameters: list[str] | None = None


@dataclass(frozen=True)
class Sample:
    """The order whose statements they are: what stands in them that is another one in each order.

    `products` are the six digits of its two products, which their SKUs and their ids end with.
    """

    products: tuple[str, str]
    email: str
    key: str
    number: str


def capture(database: str, log: Path, work: Callable[[], object]) -> list[Statement]:
    """What `work` has PostgreSQL do. Nothing else may use the database meanwhile."""
    with _logging(database):
        before = log.stat().st_size
        work()
        end = time.monotonic() + WITHIN
        while time.monotonic() < end:
            with log.open("rb") as file:
                file.seek(before)
                found = statements(file.read().decode(errors="replace"))
            if found and found[-1].sql.startswith("COMMIT"):
                return found
            time.sleep(0.05)
    raise Trouble("PostgreSQL's log does not show the statements of an order.")


@contextmanager
def _logging(database: str) -> Iterator[None]:
    with psycopg.connect(database, autocommit=True) as connection:
        try:
            connection.execute("ALTER SYSTEM SET log_statement = 'all'")
            connection.execute("SELECT pg_reload_conf()")
            time.sleep(0.5)  # until the other backends have read it
            yield
        finally:
            connection.execute("ALTER SYSTEM RESET log_statement")
            connection.execute("SELECT pg_reload_conf()")
            time.sleep(0.5)


def statements(log: str) -> list[Statement]:
    """Those between a BEGIN and its COMMIT, of the first backend that began; what others did is left out."""
    found: list[Statement] = []
    process = None
    for entry, level, text in _entries(log):
        sent = SENT.match(text) if level == "LOG" else None
        if sent and process is None and sent["sql"].startswith("BEGIN"):
            process = entry
        if process is None or entry != process or (found and found[-1].sql.startswith("COMMIT")):
            continue
        if sent:
            found.append(
                Statement(" ".join(sent["sql"].split("\n\t")).strip(), None if sent["how"] == "statement" else [])
            )
        elif level == "DETAIL" and text.lower().startswith("parameters: ") and found:
            found[-1] = Statement(found[-1].sql, PARAMETER.findall(text))
    return found


def _entries(log: str) -> Iterator[tuple[str, str, str]]:
    """Process, level and text of each; a line that does not begin one goes on with the one before."""
    entry: tuple[str, str, str] | None = None
    for line in log.splitlines():
        begun = ENTRY.match(line)
        if begun is None:
            entry = entry and (entry[0], entry[1], f"{entry[2]}\n{line}")
            continue
        if entry:
            yield entry
        entry = (begun["process"], begun["level"], begun["text"])
    if entry:
        yield entry


def script(found: list[Statement], sample: Sample, *, products: int, hot: bool) -> str:
    """For `Pgbench.run`. `hot`: all take the same two products.

    Ids grow with the time, as the shop's do, so that they go to the same end of an index.
    """
    prepared = [f"PREPARE v_{place} AS {one.sql};" for place, one in enumerate(found) if _is_prepared(one)]
    ids: dict[str, str] = {}
    sent = [_varied(_call(place, one), sample, ids) for place, one in enumerate(found)]
    return begun(prepared, products=products, hot=hot) + "".join(f"{one};\n" for one in sent)


def begun(prepared: list[str], *, products: int, hot: bool) -> str:
    """How each script begins: it chooses two products in the order of their SKUs (the shop sorts them before it locks),
    makes what is unique, and prepares once per connection."""
    random = [
        f"\\set v_a random(0, {products - 1})",
        f"\\set v_b (:v_a + random(1, {products - 1})) % {products}",
        "\\set v_p1 100000 + least(:v_a, :v_b)",
        "\\set v_p2 100000 + greatest(:v_a, :v_b)",
    ]
    lines = [
        *(["\\set v_p1 100000", "\\set v_p2 100001"] if hot else random),
        "\\set v_n :v_n + 1",
        "\\set v_high 1000 + :v_n / 900",
        "\\set v_low 100 + :v_n % 900",
        "\\set v_client 100 + :client_id",
        "\\set v_any random(100000, 999999)",
        "\\set v_long random(1, 9000000000000000000)",
        "\\if :v_ready = 0",
        *prepared,
        "\\set v_ready 1",
        "\\endif",
    ]
    return "\n".join(lines) + "\n"


def _is_prepared(statement: Statement) -> bool:
    verb = statement.sql.split(None, 1)[0].upper()
    return bool(statement.parameters) and verb in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}


def _call(place: int, statement: Statement) -> str:
    if not _is_prepared(statement):
        return statement.sql.rstrip("; ")
    return f"EXECUTE v_{place}({', '.join(statement.parameters or ())})"


def _varied(sql: str, sample: Sample, ids: dict[str, str]) -> str:
    def fresh(match: re.Match[str]) -> str:
        found = match.group(0)
        if found.endswith(sample.products):  # a product's or a variant's
            return found
        ending = f"7:v_low-8{100 + len(ids)}-:v_run:v_client:v_any"
        return ids.setdefault(found, f"{found[:8]}-:v_high-{ending}")

    sql = UUID.sub(fresh, sql)
    sql = LONG_NUMBER.sub(":v_long", sql)
    of_its_own = ":v_high:v_low-:v_client:v_run"
    sql = sql.replace(sample.email, f"buyer-{of_its_own}@bench.example.com").replace(sample.key, f"key-{of_its_own}")
    sql = sql.replace(sample.number, "2026-:v_high:v_low:v_client:v_run")
    for place, product in enumerate(sample.products, 1):
        sql = sql.replace(product, f":v_p{place}")
    return sql
