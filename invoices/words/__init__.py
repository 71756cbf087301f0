"""What documents say, in the languages that buyers are written to in: a file each, `de.toml`, with the same keys.

Not Django's catalogs, which are one for all apps: an issued document must not read differently because a mail does.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


@cache
def words(language: str) -> Mapping[str, str]:
    """Key → text of a language as `settings.LANGUAGES` name it."""
    return dict(tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8")))
