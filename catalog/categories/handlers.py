"""What follows a change of the tree."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction

from catalog.events import CategoryChanged
from catalog.models import Product
from catalog.products import derived
from catalog.products.queries import branch_of
from events.envelope import Received

BATCH = 500
"""Products in a transaction: 0.1 to 0.4 s, in which an order waits that sells one of them out."""


def refresh_branch(received: Received[CategoryChanged]) -> None:
    """The products of a branch that was renamed or moved are found by its new names, and by its old ones no more."""
    if not {"name", "parent_id"} & set(received.event.changed):
        return
    branch = branch_of(received.event.category_id)
    done = UUID(int=0)
    while ids := _refresh_after(done, branch):
        done = ids[-1]


@transaction.atomic
def _refresh_after(done: UUID, branch: Sequence[UUID]) -> list[UUID]:
    """The next ones by id. They are locked alone, without their variants: as long as a product is, no change of it is
    under way, and an order that sells out one of its variants writes `in_stock` after us.
    """
    rows = Product.objects.filter(category__in=branch, id__gt=done).order_by("id")
    ids = list(rows.select_for_update(no_key=True).values_list("id", flat=True)[:BATCH])
    derived.refresh(ids)
    return ids
