"""A process whose clock can be moved while it runs, by libfaketime, where that is installed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from local.children import Child

PLACES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1")
MOVED = Path(__file__).with_name("moved")
INSTALL = "apt-get install -y --no-install-recommends faketime"


def library() -> Path | None:
    return next((found for place in PLACES for found in sorted(Path("/").glob(place.lstrip("/")))), None)


class Clock:
    """The wall clock of one process; its monotonic clock, by which it measures, goes on as the machine's does."""

    def __init__(self, library: Path, file: Path) -> None:
        self.library, self.file = library, file
        self.move(0)

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        return {
            **given,
            "LD_PRELOAD": str(self.library),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": "1",  # seconds between two looks at the file
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": str(MOVED),
        }

    def of(self, child: Child) -> Child:
        """The same process, not started yet, with this clock."""
        return replace(child, environment=self.environment(child.environment), process=None)

    def move(self, minutes: int) -> None:
        """Also while the process runs: it jumps within a second, and back again."""
        unfinished = self.file.with_suffix(".new")
        unfinished.write_text(f"{minutes * 60:+}s\n")
        unfinished.rename(self.file)
