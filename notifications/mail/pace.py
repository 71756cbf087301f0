"""How fast SES is given mails: SES_MAX_PER_SECOND, by all workers together.

Each mail takes the next free moment from one row, in a statement of its own, and waits for it in no transaction. What
a worker that died has taken is lost, which is a fraction of a second.
"""

from __future__ import annotations

import time

from django.conf import settings
from django.db import connection

LONGEST_WAIT = settings.VISIBILITY_TIMEOUT / 4
"""Seconds. Whoever would wait longer, and then for SES, could be at it when the message comes to another worker."""

TAKE = """
INSERT INTO notifications_sendingpace AS pace (id, next_at)
VALUES (1, clock_timestamp() + %(gap)s * interval '1 second')
ON CONFLICT (id) DO UPDATE
SET next_at = GREATEST(pace.next_at, clock_timestamp()) + %(gap)s * interval '1 second'
WHERE pace.next_at <= clock_timestamp() + %(longest)s * interval '1 second'
RETURNING EXTRACT(EPOCH FROM next_at - clock_timestamp())::float8
"""


class LineTooLong(Exception):
    """So many mails are waiting that this one had better come again later."""


def wait() -> None:
    """Returns when a mail may be sent. Raises LineTooLong, at once, where that would be too far away."""
    if not settings.SES_MAX_PER_SECOND:
        return
    gap = 1 / settings.SES_MAX_PER_SECOND
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"gap": gap, "longest": LONGEST_WAIT})
        row = cursor.fetchone()
    if row is None:
        raise LineTooLong(f"Mails are sent at {settings.SES_MAX_PER_SECOND} a second, and the line is too long.")
    if (seconds := row[0] - gap) > 0:
        time.sleep(seconds)
