"""The wire between the live process and PostgreSQL, on which notifications can get lost and nothing else."""

from __future__ import annotations

from collections.abc import Callable

NOTIFICATION = b"A"  # PostgreSQL's protocol 3, "NotificationResponse"
PLAIN = {"PGSSLMODE": "disable", "PGGSSENCMODE": "disable"}
"""What libpq must be told, so that what passes can be read."""


class Notifications:
    """What a gate to PostgreSQL lets back: all, but for notifications while `pass_on` is off."""

    def __init__(self) -> None:
        self.pass_on = True
        self.lost = 0

    def sieve(self) -> Callable[[bytes], bytes]:
        """One connection's: takes what came from the server, gives what goes on, message by message."""
        rest = bytearray()

        def through(chunk: bytes) -> bytes:
            rest.extend(chunk)
            out = bytearray()
            while len(rest) >= 5 and len(rest) >= (end := 1 + int.from_bytes(rest[1:5])):
                if rest[:1] == NOTIFICATION and not self.pass_on:
                    self.lost += 1
                else:
                    out += rest[:end]
                del rest[:end]
            return bytes(out)

        return through
