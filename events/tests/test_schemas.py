"""JSON Schemas as they are made from event classes, and what may be changed of them without a new version."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from events.base import DomainEvent
from events.schemas import COMPONENT, breaks, closed, filename, message_schema

COMPONENTS: dict[str, Any] = {
    "Boat": {
        "type": "object",
        "properties": {"description": {"type": "string"}, "crew": {"$ref": "#/components/schemas/Crew"}},
        "required": ["description"],
    },
    "Crew": {"type": "array", "items": {"type": "string"}},
    "Unused": {"type": "string"},
}
BOAT = {"description": "Small", "crew": ["Ann"]}
MESSAGE = {
    "specversion": "1.0",
    "id": "0190b5f2-7c3e-7c3e-8c3e-0190b5f27c3e",
    "source": "shop",
    "type": "BoatLaunched",
    "time": "2026-01-01T00:00:00Z",
    "subject": "boat/1",
    "datacontenttype": "application/json",
    "position": 1,
    "eventversion": 1,
    "data": {"name": "a", "crew": 1, "towed": True, "tags": [], "marks": {"x": 1}, "harbour": None, "boat": BOAT},
}


@dataclass(frozen=True, kw_only=True)
class BoatLaunched(DomainEvent, abstract=True):
    """A boat went into the water."""

    name: str
    crew: int
    towed: bool
    tags: list[str]
    marks: dict[str, int]
    harbour: str | None
    boat: dict[str, Any] = field(metadata={COMPONENT: "Boat"})
    note: str = ""

    @property
    def subject(self) -> str:
        return "boat/1"


@pytest.fixture
def schema() -> dict[str, Any]:
    return message_schema(BoatLaunched, COMPONENTS)


def test_each_field_is_of_its_type_and_those_without_a_default_are_required(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert filename(BoatLaunched) == "BoatLaunched.v1.json"
    data = schema["properties"]["data"]
    assert data["properties"] == {
        "name": {"type": "string"},
        "crew": {"type": "integer"},
        "towed": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "marks": {"type": "object", "additionalProperties": {"type": "integer"}},
        "harbour": {"type": ["string", "null"]},
        "boat": {"$ref": "#/$defs/Boat"},
        "note": {"type": "string"},
    }
    assert data["required"] == ["name", "crew", "towed", "tags", "marks", "harbour", "boat"]


def test_it_brings_the_shapes_that_it_names_and_no_others(schema: dict[str, Any]) -> None:
    assert set(schema["$defs"]) == {"Boat", "Crew"}
    assert schema["$defs"]["Boat"]["properties"]["crew"] == {"$ref": "#/$defs/Crew"}


@pytest.mark.parametrize("place", [[], ["data"], ["data", "boat"]])
def test_a_reader_bears_a_field_more_and_our_own_check_does_not(schema: dict[str, Any], place: list[str]) -> None:
    for_readers, our_own = Draft202012Validator(schema), Draft202012Validator(closed(schema))
    message: dict[str, Any] = deepcopy(MESSAGE)
    assert our_own.is_valid(message)
    there = message
    for step in place:
        there = there[step]
    there["new"] = 1
    assert for_readers.is_valid(message)
    assert not our_own.is_valid(message)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("crew", {"type": "string"}, "data.crew was {'type': 'integer'} and is {'type': 'string'}"),
        ("tags", {"type": "array", "items": {"type": "integer"}}, "data.tags was"),
        ("harbour", {"type": "string"}, "data.harbour was"),
        ("fresh", {"type": "string"}, "data.fresh is new and has no default"),
        ("crew", None, "data.crew is gone"),
    ],
)
def test_what_would_hurt_a_reader_asks_for_a_new_version(
    schema: dict[str, Any], name: str, value: dict[str, Any] | None, told: str
) -> None:
    new = deepcopy(schema)
    data = new["properties"]["data"]
    data["properties"][name] = value
    data["required"] = [*{*data["required"], name}]
    if value is None:
        del data["properties"][name]
        data["required"].remove(name)
    (found,) = breaks(schema, new)
    assert found.startswith(told)


def test_a_field_that_becomes_optional_asks_for_a_new_version(schema: dict[str, Any]) -> None:
    new = deepcopy(schema)
    new["properties"]["data"]["required"].remove("crew")
    assert list(breaks(schema, new)) == ["data.crew is optional now"]


def test_a_change_inside_a_shape_counts_as_well(schema: dict[str, Any]) -> None:
    new = deepcopy(schema)
    del new["$defs"]["Boat"]["properties"]["description"]
    assert list(breaks(schema, new)) == ["Boat.description is gone"]


def test_new_words_and_a_new_optional_field_keep_the_version(schema: dict[str, Any]) -> None:
    new = deepcopy(schema)
    new["description"] = "Other words."
    new["properties"]["data"]["properties"]["fresh"] = {"type": "string"}
    new["$defs"]["Boat"]["properties"]["length"] = {"type": "string"}
    new["$defs"]["Boat"]["required"].append("length")
    assert list(breaks(schema, new)) == []
