"""What is wrong with a plan must be found in it: these are as EXPLAIN (ANALYZE, TIMING OFF) writes them."""

from __future__ import annotations

import pytest

from bench.browsing import plans

STOPPED_EARLY = """
Limit  (cost=0.00..2202.56 rows=1000 width=20) (actual rows=1000.00 loops=1)
  ->  Seq Scan on catalog_product p  (cost=0.00..182189.08 rows=82717 width=20) (actual rows=1000.00 loops=1)
        Filter: (search @@ '''wool'''::tsquery)
        Rows Removed by Filter: 11007
"""
END_TO_END = STOPPED_EARLY.replace("11007", "999000")
FOR_EACH_OF_MANY = """
Nested Loop  (cost=0.00..99.00 rows=21 width=20) (actual rows=21.00 loops=1)
  ->  Seq Scan on catalog_variant v  (cost=0.00..9.00 rows=1000 width=20) (actual rows=1000.00 loops=21)
"""
SORTED = """
Limit  (cost=1.00..2.00 rows=21 width=20) (actual rows=21.00 loops=1)
  ->  Sort  (cost=1.00..2.00 rows=50000 width=20) (actual rows=21.00 loops=1)
        Sort Key: id
        ->  Index Scan using catalog_product_pkey on catalog_product p  (rows=9) (actual rows=50000 loops=1)
"""


@pytest.mark.parametrize(
    ("plan", "wrong"),
    [
        (STOPPED_EARLY, []),
        (END_TO_END, ["list: Seq Scan on catalog_product, 1000000 rows of it"]),
        (FOR_EACH_OF_MANY, ["list: Seq Scan on catalog_variant, 21000 rows of it"]),
        (SORTED, ["list: a sort of 50000 rows"]),
        (SORTED.replace("50000", "1000"), []),
    ],
)
def test_a_table_read_to_its_end_and_a_sort_of_the_whole_are_found(plan: str, wrong: list[str]) -> None:
    assert plans.check("list", [plan]).differences == wrong
