"""What staff send to move an order on."""

from __future__ import annotations

from api.serializers import LineField, ListField, StrictSerializer
from orders.placing.serializers import MAX_LINES, ItemInput


class NothingInput(StrictSerializer):
    """A call that takes no facts: no body, or an empty object."""


class ShipInput(StrictSerializer):
    carrier = LineField(
        max_length=60, help_text="Anybody; of those that the admin lists, the tracking address is known."
    )
    tracking_number = LineField(max_length=80)
    items = ListField(
        child=ItemInput(),
        allow_empty=False,
        min_length=1,
        max_length=MAX_LINES,
        required=False,
        help_text="What is in the parcel; without it, all that is left.",
    )
