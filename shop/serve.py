"""Becomes one of the shop's processes: `python -m shop.serve web`. `shop/processes.py` says which there are.

What follows the name is handed on: `python -m shop.serve worker --queues emails,tasks --concurrency 4`.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from shop.processes import COMMANDS, command


def main() -> NoReturn:
    name, *options = sys.argv[1:] or [""]
    if name not in COMMANDS:
        said = f"There is no process {name!r}." if name else "Which process?"
        sys.stderr.write(f"{said} The processes are {', '.join(COMMANDS)}.\n")
        sys.exit(2)
    os.execv(sys.executable, [sys.executable, *command(name, *options)])  # noqa: S606  (no shell is the point)


if __name__ == "__main__":
    main()
