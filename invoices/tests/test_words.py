"""What documents say in each language."""

from __future__ import annotations

import re

import pytest
from django.conf import settings

from invoices.words import FOLDER, words

LANGUAGES = [language for language, _ in settings.LANGUAGES]


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def test_there_is_a_file_for_each_language_and_no_other() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.toml")) == sorted(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_says_the_same_things_with_the_same_places(language: str) -> None:
    english, theirs = words("en"), words(language)

    assert theirs.keys() == english.keys()
    assert {key: places(text) for key, text in theirs.items()} == {key: places(text) for key, text in english.items()}
    assert all(text == text.strip() and text for text in theirs.values())
