from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from bench.replaying.expected import Terms, work_out
from bench.replaying.real_orders import HEADER, NotThatFile, Plan, read

TERMS = Terms(Decimal("4.90"), Decimal("75.00"), Decimal("19.00"))


def plan_of(tmp_path: Path, *rows: str, limit: int = 0) -> Plan:
    path = tmp_path / "orders.csv"
    path.write_text("\n".join([";".join(HEADER), *rows]) + "\n", encoding="utf-8-sig")
    return read(path, limit)


def row(invoice: str, code: str, quantity: str = "1", price: str = "2,55", at: str = "1/12/2010 08:26") -> str:
    return f"{invoice};{code};WHITE  HEART ;{quantity};{at};{price};17850;United Kingdom"


def test_a_row_becomes_a_line_with_its_decimal_comma_and_its_code_in_capitals(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, row("536365", "85123a", "6"))

    assert dict(plan.orders["536365"].items) == {("85123A", Decimal("2.55")): 6}
    assert plan.names["85123A"] == "WHITE HEART"
    assert plan.recased_codes == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (row("1", "POST"), "the code is no goods: POST"),
        (row("1", "BANK CHARGES"), "the code is no goods: BANK CHARGES"),
        (row("1", "85123A", price="0"), "the price is 0"),
        (row("1", "85123A", "-6"), "the quantity is negative, without a cancellation (a write-off)"),
        (row("1", "85123A", "0"), "the quantity is none"),
        (row("1", "85123A", "1,5"), "malformed: quantity, price or invoice number cannot be read"),
        (row("1", "85123A", price="2.55"), "malformed: quantity, price or invoice number cannot be read"),
        (row("1", "85123A", at="12/31/2010 08:26"), "malformed: the date is not day/month/year hour:minute"),
        ("1;85123A;too;short", "malformed: 4 fields instead of 8"),
        (row("1", "85123A").replace("United Kingdom", "Unspecified"), "the country is none: Unspecified"),
        (row("C1", "85123A", "-1"), "cancellation: the file holds no earlier order of this customer"),
    ],
)
def test_a_row_that_is_no_order_is_listed_with_the_reason(tmp_path: Path, line: str, reason: str) -> None:
    plan = plan_of(tmp_path, line)

    assert [unused.reason for unused in plan.unused] == [reason]
    assert plan.orders == {}
    assert plan.rows_add_up()


def test_rows_of_one_article_and_price_are_merged_and_another_price_is_another_sku(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, row("1", "85123A", "6"), row("1", "85123A", "2"), row("1", "85123A", "1", "2,95"))
    order = work_out(plan, "RUN", TERMS).orders["1"]

    assert plan.merged_rows == 1
    assert {line.sku: line.quantity for line in order.lines} == {"RUN-85123A-2-55": 8, "RUN-85123A-2-95": 1}


def test_a_cancelled_part_cancels_the_order_and_orders_the_rest_anew(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path, row("1", "85123A", "6"), row("1", "71053", "2"), row("C2", "85123A", "-2", at="2/12/2010 09:00")
    )
    expected = work_out(plan, "RUN", TERMS)

    assert expected.orders["1"].cancelled
    assert {line.sku: line.quantity for line in expected.orders["1-kept"].lines} == {"RUN-85123A": 4, "RUN-71053": 2}
    assert expected.stock_before["RUN-85123A"] - expected.stock_after["RUN-85123A"] == 4
    assert plan.rows_add_up()


@pytest.mark.parametrize(
    "cancellation",
    [row("C2", "85123A", "-7"), row("C2", "85123A", "-1", "9,99"), row("C2", "85123A", "-1", at="30/11/2010 09:00")],
    ids=["more than was ordered", "at another price", "before the order"],
)
def test_a_cancellation_that_fits_no_order_is_listed(tmp_path: Path, cancellation: str) -> None:
    plan = plan_of(tmp_path, row("1", "85123A", "6"), cancellation)

    assert not plan.orders["1"].cancelled_by
    assert plan.unused[0].reason.startswith("cancellation: ")
    assert plan.rows_add_up()


def test_a_limit_stops_before_the_next_order(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, row("1", "85123A"), row("2", "85123A"), row("2", "71053"), row("3", "85123A"), limit=2)

    assert list(plan.orders) == ["1", "2"]
    assert plan.rows == 3


@pytest.mark.parametrize(("quantity", "shipping", "tax"), [("29", "4.90", "11.79"), ("30", "0", "11.39")])
def test_shipping_is_free_from_its_amount_and_taxes_are_those_contained(
    tmp_path: Path, quantity: str, shipping: str, tax: str
) -> None:
    order = work_out(plan_of(tmp_path, row("1", "85123A", quantity)), "RUN", TERMS).orders["1"]

    assert order.shipping == Decimal(shipping)
    assert order.tax == Decimal(tax)


RATES = {
    "DE": {"standard": Decimal("19.00"), "reduced": Decimal("17.50")},
    "FR": {"standard": Decimal("20.00"), "reduced": Decimal("5.50")},
    "DK": {"standard": Decimal("25.00")},
}


@pytest.mark.parametrize(
    ("country", "tax"),
    [("France", "4.68"), ("Denmark", "15.77"), ("Germany", "11.79"), ("United Kingdom", "11.79")],
)
def test_taxes_are_those_of_the_country_of_delivery(tmp_path: Path, country: str, tax: str) -> None:
    plan = plan_of(tmp_path, row("1", "85123A", "29").replace("United Kingdom", country))

    assert work_out(plan, "RUN", replace(TERMS, rates=RATES)).orders["1"].tax == Decimal(tax)


def test_net_prices_get_their_tax_added(tmp_path: Path) -> None:
    order = work_out(plan_of(tmp_path, row("1", "85123A", "10")), "RUN", replace(TERMS, gross=False)).orders["1"]

    assert (order.items, order.shipping) == (Decimal("29.96"), Decimal("5.83"))  # 25.50 and 4.46, 4.90 and 0.93
    assert (order.tax, order.total) == (Decimal("5.39"), Decimal("35.79"))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a;b\n1;2\n", b""], ids=["not UTF-8", "another header", "empty"])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.csv"
    path.write_bytes(content)

    with pytest.raises(NotThatFile):
        read(path)
