"""`bin/manage COMMAND`: Django's commands, with the settings of the shop that `bin/up` runs."""

from __future__ import annotations

import os
import sys

from local.running import STATE, written


def main() -> int:
    settings = written(STATE / "env")
    if not settings:
        print("The shop is not running. Start it with bin/up.", file=sys.stderr)
        return 2
    os.execve(sys.executable, [sys.executable, "manage.py", *sys.argv[1:]], dict(os.environ) | settings)


if __name__ == "__main__":
    sys.exit(main())
