"""How many connections each worker of a gunicorn has, in memory that all of them see.

The kernel gives a connection to the worker that asks for it first. One that is a little faster takes all that come at
once, and has them for as long as clients keep them open, while the others have nothing to do.
"""

from __future__ import annotations

import mmap

PLACES = 256
"""More than there are ever workers at a time. The age of one that lives long may come round to the place of another."""
NOBODY = -1


class Shares:
    """Made before the workers are forked. Each writes its own number alone, so that no lock is needed."""

    def __init__(self) -> None:
        self._ages = memoryview(mmap.mmap(-1, PLACES * 4)).cast("i")
        self._counts = memoryview(mmap.mmap(-1, PLACES * 4)).cast("i")
        for place in range(PLACES):
            self._counts[place] = NOBODY

    def __getitem__(self, age: int) -> int:
        return self._counts[age % PLACES]

    def __setitem__(self, age: int, count: int) -> None:
        self._ages[age % PLACES] = age
        self._counts[age % PLACES] = count

    def forget(self, age: int) -> None:
        """A worker that is no more. One that has had its place since then keeps it."""
        if self._ages[age % PLACES] == age:
            self._counts[age % PLACES] = NOBODY

    def least(self) -> int:
        """What the worker has that has the fewest."""
        return min((count for count in self._counts.tolist() if count != NOBODY), default=0)


shares = Shares()
"""By the age of a worker, as gunicorn calls the number that each gets when it is forked."""
