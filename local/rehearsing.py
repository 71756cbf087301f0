"""A rehearsal from its beginning to its end, whatever comes in between, in a folder that is gone afterwards."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from local.children import Interrupted
from local.report import Report, Trouble


class Rehearsal(Protocol):
    def run(self) -> None:
        """Starts all and looks at it. Raises Trouble where something does not hold."""

    def stop(self) -> None:
        """Ends what was started."""


def rehearse(name: str, make: Callable[[Path, Report], Rehearsal]) -> int:
    """The status to end with: 0 where all holds, 1 where not, with the reason for the person at the keyboard."""
    report = Report()
    state = Path(tempfile.mkdtemp(prefix=f"shop-{name}-")).resolve()
    state.chmod(0o755)  # open to look through: as root, PostgreSQL runs as somebody else
    try:
        rehearsal = make(state, report)
        try:
            rehearsal.run()
        finally:
            rehearsal.stop()
    except (Trouble, Interrupted) as trouble:
        print(f"\n{trouble or 'Stopped.'}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(state, ignore_errors=True)
    return 0
