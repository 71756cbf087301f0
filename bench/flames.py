#!/usr/bin/env python3
"""Where the web process's time goes: a flame graph of the list, each made anew, and one of placing an order, by py-spy.

Starts a PostgreSQL and a gunicorn of its own, as `bin/up` does. 0 when both were drawn, else 2.
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
import re  # noqa: E402
import shutil  # noqa: E402
import subprocess  # noqa: E402
import tempfile  # noqa: E402
from collections.abc import Callable  # noqa: E402

from bench.driving.load import Load  # noqa: E402
from bench.driving.own import OwnShop  # noqa: E402
from bench.ordering import filling  # noqa: E402
from bench.ordering.posting import Posting  # noqa: E402
from local.children import Interrupted  # noqa: E402
from local.report import Trouble  # noqa: E402

PRODUCTS = 5000
SPY = ("record", "--subprocesses", "--function", "--rate", "200", "--format", "flamegraph")


def spy() -> str:
    """Where py-spy is. Raises Trouble."""
    if (found := shutil.which("py-spy")) is None:
        raise Trouble("The graphs are drawn by py-spy: uv tool install py-spy, or pip install py-spy elsewhere")
    return found


def draw(program: str, web: int, file: Path, load: Callable[[], object], seconds: float) -> None:
    """Looks at the process and all below it while `load` runs. Only threads that work are drawn. Raises Trouble."""
    options = ["--pid", str(web), "--duration", str(round(seconds)), "--output", str(file)]
    file.parent.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen([program, *SPY, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        load()
        told, _ = process.communicate(timeout=60)
    if process.returncode:
        raise Trouble(f"py-spy failed (it needs root, or ptrace allowed): {told.decode(errors='replace')[-500:]}")
    names = {program: "py-spy", str(file): file.name, str(PYTHON): "python", f"{ROOT}/": ""}
    text = file.read_text()
    for path, name in names.items():  # where they lie on this machine is nobody's business
        text = text.replace(path, name)
    file.write_text(re.sub(r"/tmp/bench-\w+", "/tmp", text))  # noqa: S108  (a name in a graph)


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/flames.py", description=__doc__)
    parser.add_argument("--seconds", type=float, default=15, metavar="S", help="for each (%(default)s)")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "docs" / "images", metavar="FOLDER", help="for the SVGs (%(default)s)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        shop = OwnShop(Path(folder))
        try:
            program = spy()
            server = shop.database()
            filling.make_products(PRODUCTS)
            with shop.web() as web:
                load = Load(shop.ports.api, seconds=options.seconds, connections=16, web=web, postgres=server)
                posting = Posting(shop, web=web, server=server, products=PRODUCTS, seconds=options.seconds)
                work: dict[str, Callable[[], object]] = {
                    "list": lambda: load.run(["/products"], anew=True),
                    "place": lambda: posting.run("flame", buyers=16, hot=False),
                }
                for name, run in work.items():
                    with shop.report.step(f"A flame graph: {name}"):
                        draw(program, web, options.out / f"flame-{name}.svg", run, options.seconds)
        except Trouble as trouble:
            print(f"\nThe graphs cannot be drawn: {trouble}", file=sys.stderr)
            return 2
        except Interrupted:
            return 130
        finally:
            shop.stop()
    for name in work:
        file = options.out / f"flame-{name}.svg"
        print(f"{file}: {file.stat().st_size / 1024:.0f} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
