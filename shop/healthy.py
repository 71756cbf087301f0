"""Whether the process of a container answers: `python -m shop.healthy`, 0 if it does; the image's health check.

web and live are asked, and nothing about what they depend on: an outage of the database restarts nobody. The others
listen to nobody, so there is nothing to ask: when one has ended, so has its container.
"""

from __future__ import annotations

import http.client
import sys
from contextlib import closing
from pathlib import Path

from shop.processes import PORTS

FIRST = Path("/proc/1/cmdline")  # `tini -- python -m shop.serve web`
WITHIN = 4.0  # seconds: less than the image's health check gives us


def healthy(port: int) -> bool:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=WITHIN)) as connection:
        try:
            connection.request("GET", "/health/live")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


def main() -> int:
    words = sys.argv[1:] or FIRST.read_text().split("\0")
    asked = [port for process, port in PORTS.items() if process in words]
    return 0 if all(healthy(port) for port in asked) else 1


if __name__ == "__main__":
    sys.exit(main())
