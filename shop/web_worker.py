"""How gunicorn runs the web process: `gunicorn shop.wsgi -k shop.web_worker.Worker`."""

from __future__ import annotations

import select

from gunicorn.workers.gthread import ThreadWorker


class Worker(ThreadWorker):  # type: ignore[misc]  # untyped package
    """Gunicorn's threads, with a door that is shut while what is inside is served.

    Gunicorn's own worker listens until its last answer is given and takes nobody in meanwhile: whoever connects then
    waits, and is cut off at its end. Refused at once, a balancer or a client asks the next process.
    """

    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if self.alive:
            return
        for listener in self.sockets:
            while listener.sock.fileno() != -1 and select.select([listener], [], [], 0)[0]:
                self.accept(listener)  # who has knocked already is let in
            listener.close()
