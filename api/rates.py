"""How much of something in how long, as a setting says it: `600/minute`, or `10/minute,60/hour` for both."""

from __future__ import annotations

import re
from dataclasses import dataclass

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
WRITTEN = re.compile(rf"([1-9][0-9]{{0,8}})/({'|'.join(SECONDS)})")


@dataclass(frozen=True)
class Rate:
    """At most `limit` in each window of so many seconds, as the clock cuts them."""

    limit: int
    seconds: int


def rates(text: str) -> tuple[Rate, ...]:
    """Raises ValueError, whose text says how rates are written."""
    found = [WRITTEN.fullmatch(word.strip()) for word in text.split(",")]
    if not all(found):
        raise ValueError("must be rates such as 10/minute,60/hour")
    return tuple(Rate(int(match[1]), SECONDS[match[2]]) for match in found if match)
