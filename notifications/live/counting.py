"""How many sockets this process holds, each minute."""

from __future__ import annotations

import asyncio

from api import metrics
from notifications.live.hub import Hub
from notifications.metrics import LIVE_CONNECTIONS

EVERY = 60.0  # seconds, so that the values of one minute add up to all that there are


async def count_sockets(hub: Hub) -> None:
    while metrics.wanted():
        metrics.put(LIVE_CONNECTIONS, sum(hub.connections.values()))
        await asyncio.sleep(EVERY)
