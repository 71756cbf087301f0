"""What people type, as a query of PostgreSQL's full text search: by prefix, by stem, and past a misspelling."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

MAX_WORDS = 10

# Of each word: its stems in the shop's language, whether a product has a word that begins so, and else the likest ones.
TERMS = """
    SELECT typed.word, tsvector_to_array(to_tsvector(%(language)s::regconfig, typed.word)),
        CASE WHEN EXISTS (
            SELECT FROM catalog_searchword known
            WHERE known.word >= typed.word AND known.word < typed.word || chr(1114111)  -- Unicode's last
        ) THEN '{}'
        ELSE ARRAY(
            SELECT known.word FROM catalog_searchword known
            WHERE known.word %% typed.word AND abs(length(known.word) - length(typed.word)) <= 2
            ORDER BY similarity(known.word, typed.word) DESC, known.word LIMIT 3
        ) END
    FROM regexp_split_to_table(btrim(catalog_plain(%(text)s)), ' +') WITH ORDINALITY AS typed (word, place)
    WHERE typed.word <> '' ORDER BY place LIMIT %(limit)s
"""


def tsquery(text: str) -> str:
    """The text of a tsquery that asks for every word of `text`; empty, which finds nothing, where it has none.

    A word stands for all that begin with it and for those of its stem. One that no product has stands for the up to
    three words that are most like it (pg_trgm).
    """
    with connection.cursor() as cursor:
        cursor.execute(TERMS, {"text": text, "language": settings.SEARCH_LANGUAGE, "limit": MAX_WORDS})
        terms = cursor.fetchall()
    return " & ".join(f"({' | '.join(_any_of(word, stems, alike))})" for word, stems, alike in terms)


def _any_of(word: str, stems: list[str], alike: list[str]) -> list[str]:
    if alike:
        return [f"'{one}'" for one in alike]
    return [f"'{word}':*", *(f"'{stem}'" for stem in stems if stem != word)]
