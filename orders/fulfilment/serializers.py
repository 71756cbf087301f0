"""What staff send to move an order on."""

from __future__ import annotations

from api.serializers import StrictSerializer


class NothingInput(StrictSerializer):
    """A call that takes no facts: no body, or an empty object."""
