"""One process that issues: takes a random order that owes something, and rolls back one time in four.

`python -m bench.numbering.issuer SEED`, with the shop's environment. Ends when no order owes anything, or by kill -9.
"""

from __future__ import annotations

import random
import sys

import django
from django.db import connection, transaction

OWING = """
SELECT o.id FROM orders_order o
WHERE NOT EXISTS (SELECT FROM invoices_invoice i WHERE i.order_id = o.id AND i.kind = 'invoice')
   OR EXISTS (SELECT FROM orders_refund r
              WHERE r.order_id = o.id AND NOT EXISTS (SELECT FROM invoices_invoice i WHERE i.refund_id = r.id))
"""
ROLLED_BACK = 0.25


class Crash(Exception):
    pass


def main() -> None:
    django.setup()
    from invoices.issuing.services import settle

    chance = random.Random(int(sys.argv[1]))
    while True:
        with connection.cursor() as cursor:
            cursor.execute(OWING)
            owing = [id for (id,) in cursor.fetchall()]
        if not owing:
            return
        for order_id in chance.sample(owing, min(len(owing), 20)):
            try:
                with transaction.atomic():
                    settle(order_id=order_id)
                    if chance.random() < ROLLED_BACK:
                        raise Crash
            except Crash:
                continue


if __name__ == "__main__":
    main()
