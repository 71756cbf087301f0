"""One part after another, each a process of its own with a limit of time; a shop beside those that look at one."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.driving.started import Started, without_a_shop
from bench.whole.parts import Part
from local.report import Trouble

ROOT = Path(__file__).resolve().parents[2]
ENDS_WITHIN = 30.0
COULD_NOT, INTERRUPTED = 2, 130


def require_tools(parts: Mapping[str, Part]) -> None:
    """Before anything is measured. Raises Trouble with the line that installs what is missing."""
    missing = sorted({tool for part in parts.values() for tool in part.tools if not shutil.which(tool)})
    if missing:
        raise Trouble(f"The load is made by {', '.join(missing)}: apt-get install -y {' '.join(missing)}")


def run(parts: Mapping[str, Part], folder: Path, *, quick: bool, retail: Path | None) -> Iterator[tuple[str, int]]:
    """Name and exit status of each part as it ends; its figures lie in `folder`. Raises Trouble."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        Path(scratch).chmod(0o755)  # as root, PostgreSQL runs as somebody else and must reach its data
        words = {
            name: [*([str(retail)] if part.of_a_file else []), *(part.quick if quick else part.options).split()]
            for name, part in parts.items()
        }
        alone = {name: part for name, part in parts.items() if not part.of_a_shop}
        looking = {name: part for name, part in parts.items() if part.of_a_shop}
        for name, part in alone.items():
            yield name, _run(name, part.at_most, folder, words[name], environment=without_a_shop(os.environ))
        if looking:
            with _shop(Path(scratch) / "shop") as settings:
                for name, part in looking.items():
                    yield name, _run(name, part.at_most, folder, words[name], environment=settings)


@contextmanager
def _shop(state: Path) -> Iterator[dict[str, str]]:
    print("\n── a shop for the parts that look at one", flush=True)
    with Started(ROOT, state, environment=without_a_shop(os.environ)) as shop:
        yield without_a_shop(os.environ) | {"SHOP_STATE": str(shop.state)}


def _run(name: str, at_most: float, folder: Path, words: list[str], *, environment: Mapping[str, str]) -> int:
    file = folder / f"{name}.json"
    file.unlink(missing_ok=True)  # what an earlier run has left there is not this one's
    command = [sys.executable, str(ROOT / "bench" / f"{name.partition('-')[0]}.py"), *words, "--json", str(file)]
    print(f"\n── {name}: {' '.join(command[1:-2])}\n", flush=True)
    process = subprocess.Popen(command, cwd=ROOT, env=dict(environment))
    try:
        return process.wait(at_most)
    except subprocess.TimeoutExpired:
        print(f"{name} has not ended within {at_most:.0f} s, and is ended.", file=sys.stderr)
        _end(process)
        return COULD_NOT
    except BaseException:
        _end(process)
        raise


def _end(process: subprocess.Popen[bytes]) -> None:
    """By Ctrl-C, so that it takes its own shop along."""
    process.send_signal(signal.SIGINT)
    try:
        process.wait(ENDS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
