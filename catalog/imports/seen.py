"""What earlier rows of the same file have named, in memory that does not grow with the file."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping


class Seen:
    """Key → the line that named it first, and what it said. On disk beyond two megabytes; gone once it is closed."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # an empty name: a temporary file of SQLite's own
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("CREATE TABLE seen (key TEXT PRIMARY KEY, line INTEGER, said TEXT) WITHOUT ROWID")

    def find(self, key: str) -> tuple[int, dict[str, str]] | None:
        """The line that named the key first, and what it said."""
        found = self._database.execute("SELECT line, said FROM seen WHERE key = ?", (key,)).fetchone()
        return (found[0], json.loads(found[1])) if found else None

    def keep(self, key: str, line: int, said: Mapping[str, str]) -> None:
        """Of several, the first counts."""
        self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (key, line, json.dumps(said)))

    def close(self) -> None:
        self._database.close()
