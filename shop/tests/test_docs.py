from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from shop.management.commands.generate_docs import pages


@pytest.mark.parametrize("name", ["events.md", "settings.md"])
def test_a_generated_page_says_what_the_code_says(name: str) -> None:
    path: Path = settings.BASE_DIR / "docs" / name

    assert path.read_text(encoding="utf-8") == pages()[path], "Run: bin/manage generate_docs"
