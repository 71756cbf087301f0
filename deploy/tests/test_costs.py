"""README's tables are what the templates cost, and nothing in them is without a price."""

from __future__ import annotations

from pathlib import Path

from deploy import costs
from deploy.tests.synthesized import Synthesized, synthesize

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_readme_has_the_tables_that_the_templates_make(standard: Synthesized, lean: Synthesized) -> None:
    for table in costs.tables(standard.stacks, lean.stacks):
        assert table in README.read_text()


def test_what_is_added_costs_more(standard: Synthesized, tmp_path: Path) -> None:
    dear = synthesize(tmp_path, waf=True, nat_gateways=2, web_tasks=3, database_standby=False)
    before, after = ({row.what: row.month for row in costs.at_rest(one.stacks)} for one in (standard, dear))

    assert before["firewall"] == 0 < after["firewall"]
    assert after["NAT gateway"] == 2 * before["NAT gateway"] > 0
    assert after["Fargate, on demand"] > before["Fargate, on demand"]
    assert after["database"] == before["database"] / 2


def test_orders_cost_by_their_number() -> None:
    some, many = (sum(row.month for row in costs.orders(count)) for count in (1_000, 100_000))

    assert some > 0
    assert round(many / some) == 100
