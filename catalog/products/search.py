"""What people type, as a query of PostgreSQL's full text search: by prefix, by stem, and past a misspelling."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection

MAX_WORDS = 10
MAX_BEGINNINGS = 20
"""How many known words a beginning is written out to: one that more of them share says too little to be worth it."""

# Of each word: its stems in the shop's language, the first words of products that begin so and, where it has none, the
# likest ones.
TERMS = """
    SELECT typed.word, tsvector_to_array(to_tsvector(%(language)s::regconfig, typed.word)), begun.words,
        CASE WHEN begun.words <> '{}' THEN '{}'
        ELSE ARRAY(
            SELECT known.word FROM catalog_searchword known
            WHERE known.word %% typed.word AND abs(length(known.word) - length(typed.word)) <= 2
            ORDER BY similarity(known.word, typed.word) DESC, known.word LIMIT 3
        ) END
    FROM regexp_split_to_table(btrim(catalog_plain(%(text)s)), ' +') WITH ORDINALITY AS typed (word, place)
    CROSS JOIN LATERAL (
        SELECT ARRAY(
            SELECT known.word FROM catalog_searchword known
            WHERE known.word >= typed.word AND known.word < typed.word || chr(1114111)  -- Unicode's last
            ORDER BY known.word LIMIT %(beginnings)s + 1
        ) AS words
    ) begun
    WHERE typed.word <> '' ORDER BY place LIMIT %(limit)s
"""


def tsquery(text: str) -> str:
    """The text of a tsquery that asks for every word of `text`; empty, which finds nothing, where it has none.

    A word stands for all that begin with it and for those of its stem. One that no product has stands for the up to
    three words that are most like it (pg_trgm).
    """
    parameters: dict[str, Any] = {
        "text": text,
        "language": settings.SEARCH_LANGUAGE,
        "beginnings": MAX_BEGINNINGS,
        "limit": MAX_WORDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(TERMS, parameters)
        terms = cursor.fetchall()
    return " & ".join(f"({' | '.join(_any_of(*term))})" for term in terms)


def _any_of(word: str, stems: list[str], begun: list[str], alike: list[str]) -> list[str]:
    """Of a beginning PostgreSQL's index would gather every product that has it; of whole words it need not."""
    if alike:
        return [f"'{one}'" for one in alike]
    if begun and len(begun) <= MAX_BEGINNINGS and _all_known(word):
        return [f"'{one}'" for one in dict.fromkeys([word, *begun, *stems])]
    return [f"'{word}':*", *(f"'{stem}'" for stem in stems if stem != word)]


def _all_known(beginning: str) -> bool:
    """Whether every word that begins so is in the table of words: numbers and those of two letters are not. (Nor are
    those of more than a hundred, which no code or SKU has.)"""
    return len(beginning) >= 3 and not beginning.isdecimal()
