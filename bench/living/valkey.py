"""Where requests are counted while the bench runs: Valkey or Redis where it is installed, else a copy of it.

The copy is fakeredis', in a process of its own, so that it can be taken away.
"""

from __future__ import annotations

import shutil
import socket
import sys
import time
from collections.abc import Mapping

from fakeredis import TcpFakeServer

from local.children import Child


def child(port: int, environment: Mapping[str, str]) -> Child:
    server = shutil.which("valkey-server") or shutil.which("redis-server")
    own = [sys.executable, "-m", "bench.living.valkey", str(port)]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    return Child("valkey", [server, *options] if server else own, environment)


def wait(port: int, within: float = 20.0) -> None:
    """Returns once somebody answers there. Raises OSError."""
    end = time.monotonic() + within
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


if __name__ == "__main__":
    TcpFakeServer(("127.0.0.1", int(sys.argv[1])), server_type="valkey").serve_forever()
