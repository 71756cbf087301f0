"""The attributes that categories define, and whether a value is of the type that a definition says.

A definition holds for the products of its category and of all below it; where a name is defined more than once on the
way up, the nearest counts. It is asked when a value is written: what a product has stays as it is when a definition
changes, until that value or the product's category is written anew.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from api.problems import Invalid
from catalog.models import CategoryAttribute

Kind = CategoryAttribute.Kind
Value = str | int | float | bool
MAX_NUMBER = 2**63
"""Our own JSON reader takes no larger one, so that what was written can be read and sent again."""
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?", re.ASCII)
UNSTORABLE = frozenset({"Cc", "Cs"})

DEFINITIONS = """
    WITH RECURSIVE above AS (
        SELECT id, parent_id, 0 AS distance FROM catalog_category WHERE id = %s
        UNION ALL
        SELECT c.id, c.parent_id, distance + 1
        FROM catalog_category c JOIN above ON c.id = above.parent_id WHERE distance < 100
    )
    SELECT DISTINCT ON (a.name) a.name, a.type, a.choices
    FROM catalog_categoryattribute a JOIN above ON above.id = a.category_id ORDER BY a.name, above.distance
"""


@dataclass(frozen=True)
class Definition:
    """An attribute by name, and what its value is; `choices` are empty unless the type is `choice`."""

    name: str
    type: str
    choices: tuple[str, ...] = ()


def definitions_of(category_id: UUID | None) -> dict[str, Definition]:
    """Name → the definition that holds for products of this category, in one query; none without a category."""
    if category_id is None:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(DEFINITIONS, [category_id])
        rows = cursor.fetchall()
    return {name: Definition(name, type, tuple(json.loads(choices))) for name, type, choices in rows}


def complaint(name: str, value: object, definition: Definition | None) -> tuple[str, str] | None:
    """The code and the message of what is wrong with an attribute, or None. Without a definition any value will do."""
    if "=" in name or _unstorable(name):
        return "invalid_name", "A name holds neither = nor control characters."
    if not isinstance(value, Value):
        return "wrong_type", "A value is a text, a number or a boolean."
    if isinstance(value, str) and _unstorable(value, "\t\n\r"):
        return "invalid", "A control character cannot be part of this."
    if isinstance(value, (int, float)) and not abs(value) < MAX_NUMBER:  # NaN is not below it either
        return "invalid", "A number is below 2^63."
    return _misfit(value, definition) if definition else None


def typed(text: str, definition: Definition | None) -> Value:
    """What a text stands for where only texts can be written, as in CSV; without a definition, itself.

    Raises Invalid (400) with the field `attributes.<name>` for what is not of the definition's type.
    """
    if definition is None:
        return text
    bare = text.strip()
    value: Value = text if definition.type == Kind.TEXT else bare
    if definition.type == Kind.BOOLEAN and bare.lower() in ("true", "false"):  # a spreadsheet writes TRUE
        value = bare.lower() == "true"
    elif definition.type == Kind.NUMBER and len(bare) < 400 and (number := NUMBER.fullmatch(bare)):
        value = float(bare) if number[1] or number[2] else int(bare)
    if found := complaint(definition.name, value, definition):
        raise Invalid(f"attributes.{definition.name}", *found)
    return value


def errors(place: str, attributes: Mapping[str, Any], definitions: Mapping[str, Definition]) -> list[dict[str, str]]:
    """An entry for each attribute that is wrong, as problem documents have it; `place` stands before `attributes.`."""
    found = {name: complaint(name, value, definitions.get(name)) for name, value in attributes.items()}
    return [
        {"field": f"{place}attributes.{name}", "code": wrong[0], "message": wrong[1]}
        for name, wrong in found.items()
        if wrong
    ]


def _misfit(value: Value, definition: Definition) -> tuple[str, str] | None:
    match definition.type:
        case Kind.NUMBER if isinstance(value, bool) or not isinstance(value, (int, float)):
            return "wrong_type", "Its type is number: give a JSON number, such as 12.5."
        case Kind.BOOLEAN if not isinstance(value, bool):
            return "wrong_type", "Its type is boolean: give true or false."
        case Kind.TEXT if not isinstance(value, str):
            return "wrong_type", "Its type is text: give a JSON string."
        case Kind.CHOICE if value not in definition.choices or not isinstance(value, str):
            return "invalid_choice", f"It is one of {', '.join(definition.choices)}."
    return None


def _unstorable(text: str, but: str = "") -> bool:
    return any(unicodedata.category(character) in UNSTORABLE and character not in but for character in text)
