"""pgbench's script is what the shop sent, and only what must differ from order to order does."""

from __future__ import annotations

from pathlib import Path

from bench.ordering.captured import Sample, Statement, script, statements
from bench.proving.afterwards import Log

LOG = """\
2026-11-25 21:03:42.950 UTC [71] LOG:  statement: BEGIN
2026-11-25 21:03:42.950 UTC [72] LOG:  statement: SELECT 'of somebody else'
2026-11-25 21:03:42.951 UTC [71] LOG:  execute _pg3_0: SELECT stock
\tFROM catalog_variant WHERE sku = ANY($1) AND name = $2 AND note = $3
2026-11-25 21:03:42.951 UTC [71] DETAIL:  Parameters: $1 = '{S100357,S100846}', $2 = 'it''s', $3 = NULL
2026-11-25 21:03:42.952 UTC [71] LOG:  statement: INSERT INTO o VALUES ('01a21485-7f67-710e-8096-6d868c13f87a')
2026-11-25 21:03:42.953 UTC [71] LOG:  statement: COMMIT
2026-11-25 21:03:42.954 UTC [71] LOG:  statement: SELECT 'of the next request'
"""
SAMPLE = Sample(("100357", "100846"), "sample@bench.example.com", "key-of-the-sample-order", "2026-000042")


def test_the_log_of_one_transaction_is_read_with_its_parameters() -> None:
    assert statements(LOG) == [
        Statement("BEGIN"),
        Statement(
            "SELECT stock FROM catalog_variant WHERE sku = ANY($1) AND name = $2 AND note = $3",
            ["'{S100357,S100846}'", "'it''s'", "NULL"],
        ),
        Statement("INSERT INTO o VALUES ('01a21485-7f67-710e-8096-6d868c13f87a')"),
        Statement("COMMIT"),
    ]


def test_what_came_prepared_is_prepared_once_and_what_came_as_text_is_text() -> None:
    lines = script(statements(LOG), SAMPLE, products=5000, hot=False).splitlines()

    assert lines[-4:] == [
        "BEGIN;",
        "EXECUTE v_1('{S:v_p1,S:v_p2}', 'it''s', NULL);",
        "INSERT INTO o VALUES ('01a21485-:v_high-7:v_low-8100-:v_run:v_client:v_any');",
        "COMMIT;",
    ]
    assert sum(line.startswith("PREPARE v_1 AS SELECT stock") for line in lines) == 1


def test_each_order_has_ids_a_number_a_key_and_an_address_of_its_own() -> None:
    order, line = "01a21485-7f67-710e-8096-6d868c13f87a", "01a21485-7f67-710e-8096-6d868c13f999"
    variant = "bbbbbbbb-0000-7000-8000-000000100357"
    sent = Statement(
        f"VALUES ('{order}', '{line}', '{order}', '{variant}', -8702239820882882328, '{SAMPLE.number}',"
        f" 'guest:{SAMPLE.email}', '{SAMPLE.key}')"
    )

    last = script([sent], SAMPLE, products=5000, hot=True).splitlines()[-1]

    assert last == (
        "VALUES ('01a21485-:v_high-7:v_low-8100-:v_run:v_client:v_any',"
        " '01a21485-:v_high-7:v_low-8101-:v_run:v_client:v_any',"
        " '01a21485-:v_high-7:v_low-8100-:v_run:v_client:v_any', 'bbbbbbbb-0000-7000-8000-000000:v_p1', :v_long,"
        " '2026-:v_high:v_low:v_client:v_run', 'guest:buyer-:v_high:v_low-:v_client:v_run@bench.example.com',"
        " 'key-:v_high:v_low-:v_client:v_run');"
    )


def test_a_deadlock_in_the_log_is_found_and_what_was_there_before_is_not(tmp_path: Path) -> None:
    file = tmp_path / "postgres.log"
    file.write_text("2026-11-25 21:03:42.950 UTC [71] FATAL:  the database system is starting up\n")
    log = Log(file)
    assert log.check().differences == []

    with file.open("a") as output:
        output.write("2026-11-25 21:03:43.950 UTC [72] ERROR:  canceling autovacuum task\n")
        output.write("2026-11-25 21:03:43.950 UTC [71] ERROR:  deadlock detected\n")

    assert log.check().differences == ["ERROR:  deadlock detected"]
