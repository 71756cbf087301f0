"""What Python reads at its start where the clock is moved (`PYTHONPATH`, see `bench/chaos/faults/clocks.py`).

libfaketime takes the absolute monotonic time that `time.sleep` gives to `clock_nanosleep` for a wall time, and
subtracts the move from it: a sleep ends with an error, or too late. Here it waits as Python's other waits do.
"""

import select
import time


def sleep(seconds: float) -> None:
    select.select((), (), (), seconds)


time.sleep = sleep  # type: ignore[assignment]  # nobody here sleeps for what is only like a number
