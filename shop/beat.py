"""Beat, taught to end between two tasks and never within one."""

from __future__ import annotations

import signal
from typing import Any

from celery.beat import PersistentScheduler


class Scheduler(PersistentScheduler):
    """Celery's own, which tells whether it is sending a task right now."""

    sending = False

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        self.sending = True
        try:
            return super().tick(*args, **kwargs)
        finally:
            self.sending = False


def end_between_tasks(service: Any) -> None:
    """What SIGTERM and SIGINT do to beat from now on.

    Celery's handlers leave from wherever it is. A task that is due is entered as sent before it is sent: cut off
    between the two, it would wait for its next time, a day for some. A sleep is cut short all the same.
    """

    def end(number: int, frame: object) -> None:
        service.stop()
        if not service.scheduler.sending:
            raise SystemExit

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
