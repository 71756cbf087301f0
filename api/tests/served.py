"""The web process for tests: the server that production runs, on a port of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from django.conf import settings


@contextmanager
def served(log: IO[bytes] | int = subprocess.DEVNULL, **environment: str) -> Iterator[int]:
    """gunicorn with the shop in it, as a process; gives its port. `environment` replaces settings."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "-b", f"127.0.0.1:{port}", "--threads", "2", "shop.wsgi"]
    server = subprocess.Popen(
        [*command, "--worker-class", "shop.web_worker.Worker", "--no-control-socket"],
        env=os.environ | {"SECURE_COOKIES": "false"} | environment,
        cwd=settings.BASE_DIR,
        stderr=log,
    )
    try:
        _wait_for(port, server)
        yield port
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("gunicorn did not start")
