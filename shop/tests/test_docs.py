"""The pages that are made from code, and what guards the versions of events."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from shop.management.commands.generate_docs import pages

DOCS: Path = settings.BASE_DIR / "docs"


@pytest.mark.parametrize("name", ["events.md", "settings.md"])
def test_a_generated_page_says_what_the_code_says(name: str) -> None:
    path = DOCS / name

    assert path.read_text(encoding="utf-8") == pages()[path], "Run: bin/manage generate_docs"


def test_the_schema_of_every_event_is_kept_and_says_what_the_code_says() -> None:
    made = {path: text for path, text in pages().items() if path.suffix == ".json"}
    kept = {path: path.read_text(encoding="utf-8") for path in (DOCS / "schemas").glob("*.json")}

    assert len(made) == len(settings.EVENT_ROUTES)
    assert {path: kept.get(path) for path in made} == made, "Run: bin/manage generate_docs"


def test_what_would_hurt_the_readers_of_a_version_is_not_written_into_its_schema(
    settings: Settings, tmp_path: Path
) -> None:
    settings.BASE_DIR = tmp_path
    (tmp_path / "docs").mkdir()
    call_command("generate_docs", stdout=StringIO())
    path = tmp_path / "docs" / "schemas" / "StockChanged.v1.json"
    released = json.loads(path.read_text())
    released["properties"]["data"]["properties"]["delta"] = {"type": "string"}
    path.write_text(json.dumps(released))

    with pytest.raises(CommandError, match=r"StockChanged\.v1\.json: data\.delta was .* raise the event's `version`"):
        call_command("generate_docs", stdout=StringIO())

    assert json.loads(path.read_text()) == released
