"""The log: every event that has a position, in the order of the positions."""

from __future__ import annotations

from events.models import LogHead

CHANNEL = "shop_events"
"""The relay's NOTIFY: there are new positions, up to the one it carries. Losing one costs a follower a second."""


def head() -> int:
    """The last position given so far; 0 in an empty log. Whoever reads on from here misses nothing that comes."""
    return LogHead.objects.values_list("position", flat=True).first() or 0
