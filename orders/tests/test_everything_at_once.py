"""Whatever buyers, staff and the clock do to a few orders at the same moment: nothing is lost, doubled or half done.

Hypothesis makes up what is done; each rule runs its steps in as many threads, over HTTP, with real commits, and then
everything that must hold of the shop is proved (`proofs.py`). A failure prints the steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from hypothesis import HealthCheck, Phase
from hypothesis import settings as examples
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from rest_framework.test import APIClient

from accounts.models import User
from orders import tasks
from orders.models import Order
from orders.tests.conftest import MakeVariant, at_once, body_for
from orders.tests.proofs import prove
from orders.tests.ways import call

STOCK = 6
LATEST = 3  # orders that steps are about: few, so that several meet on one
OFTEN = {"place": 2, "confirm": 3, "ship": 4, "deliver": 2, "refund": 5}
OFTEN |= {"cancel": 2, "cancel as buyer": 1, "delete": 1, "expire": 1}
"""What is done, and how often: so that orders come far, and are still called off with something already refunded."""
ALLOWED = {
    "place": {(201, ""), (409, "out_of_stock")},
    "refund": {(200, ""), (400, "refund_too_large"), (400, "validation_error")},
    "ship": {(200, ""), (400, "validation_error")},
    "delete": {(204, "")},
}
LATE = {(404, "order_not_found"), (409, "order_transition_not_allowed")}
"""For any step: somebody else was faster."""


@dataclass(frozen=True)
class Step:
    """One thing that somebody does, to an order counted from the latest. What is None is left out, or is all of it."""

    what: str
    which: int = 0
    units: tuple[int, int] | None = None
    amount: str | None = None


units = st.tuples(st.integers(0, 2), st.integers(0, 2)).filter(any)  # of each of the two products
steps = st.builds(
    Step,
    st.sampled_from([what for what, times in OFTEN.items() for _ in range(times)]),
    which=st.integers(0, LATEST - 1),
    units=st.none() | units,
    amount=st.sampled_from([None, "0.01", "1.50", "20.00"]),
)
numbers = count()


class Shop(RuleBasedStateMachine):
    """Two products with orders of their own; those of earlier runs stay in the database beside."""

    def __init__(
        self, make_variant: MakeVariant, buyer: Callable[[], APIClient], staff: Callable[[], APIClient]
    ) -> None:
        super().__init__()
        run = next(numbers)
        self.buyer, self.staff = buyer, staff
        self.skus = [f"CUP-{run}", f"POT-{run}"]
        for sku, price, rate in zip(self.skus, ("12.90", "0.35"), ("19", "7"), strict=True):
            make_variant(sku, price=price, tax_rate=rate, stock=STOCK)
        self.orders: list[dict[str, Any]] = []

    @initialize(baskets=st.lists(units, min_size=6, max_size=8))
    def a_rush(self, baskets: list[tuple[int, int]]) -> None:
        """More than there is, most times."""
        self.at_the_same_moment([Step("place", units=basket) for basket in baskets])
        self.at_the_same_moment([Step("confirm", which) for which in range(LATEST - 1)])

    @rule(these=st.lists(steps, min_size=2, max_size=6))
    def at_the_same_moment(self, these: list[Step]) -> None:
        answers = at_once([self._call(step) for step in these])

        for step, (status, body) in zip(these, answers, strict=True):
            allowed = ALLOWED.get(step.what, {(200, "")}) | LATE
            assert (status, body.get("code", "")) in allowed, f"{step}: {status} {body}"
            if status == 201:
                self.orders.append(body)
        orders = prove(self.skus)
        assert len(orders) == len(self.orders)

    def _call(self, step: Step) -> Callable[[], tuple[int, dict[str, Any]]]:
        """What the step sends, made up from what is known before the others of its moment begin."""
        if step.what == "place":
            items = [(sku, many) for sku, many in zip(self.skus, step.units or (1, 1), strict=True) if many]
            return lambda: told(self.buyer().post("/orders", body_for(*items)))
        order = self.orders[-1 - step.which]["id"]
        match step.what:
            case "expire":
                return lambda: expire(order)
            case "cancel as buyer":
                return lambda: told(call(self.buyer(), order, "cancel"))
            case "ship":
                return lambda: told(call(self.staff(), order, "ship", **self._named(items=step.units)))
            case "refund":
                body = self._named(restock=step.units) | ({"amount": step.amount} if step.amount else {})
                return lambda: told(call(self.staff(), order, "refund", **body))
            case action:
                return lambda: told(call(self.staff(), order, action))

    def _named(self, **units: tuple[int, int] | None) -> dict[str, Any]:
        """`items=(1, 0)` as the API has it; nothing for None."""
        return {
            name: [{"sku": sku, "quantity": many} for sku, many in zip(self.skus, given, strict=True) if many]
            for name, given in units.items()
            if given
        }


def told(answer: Any) -> tuple[int, dict[str, Any]]:
    return answer.status_code, answer.json() if answer.content else {}


def expire(order: str) -> tuple[int, dict[str, Any]]:
    """A day passes for an order, and the clock asks for those that nobody has confirmed."""
    long_ago = timezone.now() - timedelta(hours=settings.ORDER_EXPIRY_HOURS + 1)
    Order.objects.filter(id=order).update(created_at=long_ago)
    tasks.expire_orders()
    return 200, {}


@pytest.mark.django_db(transaction=True)
def test_everything_at_once(
    make_variant: MakeVariant, customer: User, staff: User, client_of: Callable[[User], APIClient]
) -> None:
    run_state_machine_as_test(
        lambda: Shop(make_variant, lambda: client_of(customer), lambda: client_of(staff)),  # type: ignore[arg-type]
        settings=examples(
            max_examples=10,
            stateful_step_count=12,
            deadline=None,
            phases=(Phase.explicit, Phase.generate),  # another run of the same steps is another race: none is smaller
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
