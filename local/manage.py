"""`bin/manage COMMAND`: Django's commands, with the settings of the shop that `bin/up` runs."""

from __future__ import annotations

import os
import subprocess
import sys

from local.running import STATE, written


def main() -> int:
    settings = written(STATE / "env")
    if not settings:
        print("The shop is not running. Start it with bin/up.", file=sys.stderr)
        return 2
    command = [sys.executable, "manage.py", *sys.argv[1:]]
    return subprocess.run(command, env=dict(os.environ) | settings, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
