#!/usr/bin/env python3
"""How long a fresh clone takes from `bin/up` to its first answer of 200, and a second `bin/up` after it.

0 when it could be measured, 2 when not. See bench/README.md.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"
if Path(sys.prefix) != ROOT / ".venv" and PYTHON.exists():
    os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606  (no shell is the point)
sys.path.insert(0, str(ROOT))

import argparse  # noqa: E402
import shutil  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402

from bench.driving.started import Started, without_a_shop  # noqa: E402
from bench.proving import envelope  # noqa: E402
from bench.proving.report import table  # noqa: E402
from local.report import Trouble  # noqa: E402


def starts(folder: Path) -> list[dict[str, object]]:
    """Raises Trouble."""
    clone, home = folder / "clone", folder / "home"
    home.mkdir()
    git = subprocess.run(
        ["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(clone)], capture_output=True, text=True, check=False
    )
    if git.returncode:
        raise Trouble(f"git cannot clone {ROOT}: {git.stderr.strip()}")
    environment = without_a_shop(os.environ) | {"HOME": str(home)}
    rows: list[dict[str, object]] = []
    for what in ("a fresh clone, an empty HOME", "a second time"):
        with Started(clone, clone / ".local", environment=environment, within=300.0) as shop:
            rows.append({"start": what, "seconds": round(shop.seconds, 2)})
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/first.py", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    folder.chmod(0o755)  # as root, PostgreSQL runs as somebody else and must reach its data
    try:
        rows = starts(folder)
    except Trouble as trouble:
        print(f"The first answer cannot be measured: {trouble}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(table([["bin/up on", "first 200"], *([str(row["start"]), f"{row['seconds']} s"] for row in rows)]))
    if options.json:
        envelope.write(options.json, "first", rows=rows, checks=[])
    return 0


if __name__ == "__main__":
    sys.exit(main())
