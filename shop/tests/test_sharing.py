"""Connections that come at once are shared between the workers of the web process."""

from __future__ import annotations

from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from events.tests.conftest import wait_until
from shop.shares import PLACES, Shares
from shop.tests.processes import Serve, products_locked, waiting_for_locks

WORKERS, THREADS = 2, 4


def workers_that_listen(master: int) -> int:
    """Those that have begun to poll; the address is open before that, for the first of them."""
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    files = [[str(file.readlink()) for file in Path(f"/proc/{child}/fd").iterdir()] for child in children]
    return sum("anon_inode:[eventpoll]" in opened for opened in files)


@pytest.mark.django_db(transaction=True)
def test_all_threads_of_all_workers_serve_those_who_connect_at_once(serve: Serve) -> None:
    process, port = serve("web")
    wait_until(lambda: workers_that_listen(process.pid) == WORKERS)
    with ExitStack() as stack:
        lines = [
            stack.enter_context(closing(HTTPConnection("127.0.0.1", port, timeout=60)))
            for _ in range(2 * WORKERS * THREADS)
        ]
        for line in lines:
            line.connect()
        with products_locked():
            for line in lines:
                line.request("GET", "/products")
            wait_until(lambda: waiting_for_locks() == WORKERS * THREADS)

        assert [line.getresponse().status for line in lines] == [200] * len(lines)


def test_a_worker_that_is_gone_is_no_longer_waited_for() -> None:
    shares = Shares()
    shares[1], shares[2] = 0, 7
    assert shares.least() == 0

    shares.forget(1)

    assert shares.least() == 7


def test_a_worker_whose_place_another_has_taken_over_takes_nothing_along() -> None:
    shares = Shares()
    shares[1] = 3
    shares[1 + PLACES] = 2

    shares.forget(1)

    assert shares.least() == 2
    shares.forget(1 + PLACES)
    assert shares.least() == 0
