"""JSON Schemas of the messages on the wire, one for each event type and version, made from the event classes.

They are kept in `docs/schemas/`, so that a change of an event is seen in review, and anyone may take them to check what
they receive. They are open: a consumer must bear fields that it does not know, for a new optional field keeps the
version. What we send ourselves is checked against them closed, so that no field goes out that they do not tell of.

https://json-schema.org/draft/2020-12
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, get_args, get_origin, get_type_hints

from api.tracing import TRACEPARENT
from events.base import DomainEvent

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
COMPONENT = "component"
"""Key of a field's metadata: the OpenAPI component that its value has the shape of."""
TYPES: dict[Any, str] = {str: "string", int: "integer", bool: "boolean", type(None): "null"}
REFERENCE, OPENAPI_REFERENCE = "#/$defs/", "#/components/schemas/"
OPTIONAL = ("traceparent",)
"""Of the attributes, those that a message may lack."""
ANNOTATIONS = frozenset({"description", "title"})


def filename(kind: type[DomainEvent]) -> str:
    return f"{kind.type()}.v{kind.version}.json"


def message_schema(kind: type[DomainEvent], components: Mapping[str, Schema]) -> Schema:
    """The schema of the whole CloudEvent. `components` are the OpenAPI document's, for the fields that name one."""
    hints = get_type_hints(kind)
    data: Schema = {
        "type": "object",
        "properties": {field.name: _field(field, hints[field.name]) for field in fields(kind)},
        "required": [field.name for field in fields(kind) if _required(field)],
    }
    attributes: Schema = {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "format": "uuid"},
        "source": {"type": "string"},
        "type": {"const": kind.type()},
        "time": {"type": "string", "format": "date-time"},
        "subject": {"type": "string"},
        "datacontenttype": {"const": "application/json"},
        "position": {"type": "integer", "minimum": 1},
        "eventversion": {"const": kind.version},
        "traceparent": {"type": "string", "pattern": f"^{TRACEPARENT.pattern}$"},
        "data": data,
    }
    schema: Schema = {
        "$schema": DIALECT,
        "$id": f"urn:shop:event:{kind.type()}:{kind.version}",
        "title": f"{kind.type()}, version {kind.version}",
        "description": inspect.cleandoc(kind.__doc__ or ""),
        "type": "object",
        "properties": attributes,
        "required": [name for name in attributes if name not in OPTIONAL],
    }
    shapes = _reached(schema, components)
    return schema | ({"$defs": shapes} if shapes else {})


def closed(schema: Any) -> Any:
    """The schema, but every object that names its properties has no others."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        result.setdefault("additionalProperties", False)
    return result


def breaks(old: Schema, new: Schema, place: str = "") -> Iterator[str]:
    """What of `new` would hurt somebody who reads by `old`, and so asks for a new version.

    A field may be added, but to `data` itself only as an optional one: messages without it are still under way. None
    may go, become optional, or change its type.
    """
    if not ("properties" in old and "properties" in new):
        if _bare(old) != _bare(new):
            yield f"{place} was {_bare(old)} and is {_bare(new)}"
        return
    for name, schema in old["properties"].items():
        there = f"{place}.{name}".lstrip(".")
        if name not in new["properties"]:
            yield f"{there} is gone"
        else:
            yield from breaks(schema, new["properties"][name], there)
    for name in sorted(set(old.get("required", ())) - set(new.get("required", ()))):
        if name in new["properties"]:
            yield f"{place}.{name} is optional now".lstrip(".")
    if place == "data":
        for name in sorted(set(new["required"]) - set(old["properties"])):
            yield f"data.{name} is new and has no default"
    for name in sorted(old.get("$defs", {}).keys() & new.get("$defs", {}).keys()):
        yield from breaks(old["$defs"][name], new["$defs"][name], name)


def _field(field: Field[Any], hint: Any) -> Schema:
    component = field.metadata.get(COMPONENT)
    return {"$ref": REFERENCE + component} if component else _of(hint)


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _of(hint: Any) -> Schema:
    if hint is Any:
        return {}
    if hint in TYPES:
        return {"type": TYPES[hint]}
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is list:
        return {"type": "array", "items": _of(arguments[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": _of(arguments[1])}
    if arguments and all(one in TYPES for one in arguments):
        return {"type": [TYPES[one] for one in arguments]}
    raise TypeError(f"{hint} is no type that an event's field can have.")


def _reached(schema: Schema, components: Mapping[str, Schema]) -> dict[str, Schema]:
    """The components that the schema names, and those that they name, with their references turned to `$defs`."""
    found: dict[str, Schema] = {}
    waiting = list(_named(schema))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _turned(components[name])
            waiting += _named(found[name])
    return dict(sorted(found.items()))


def _named(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(reference := schema.get("$ref"), str):
            yield reference.removeprefix(REFERENCE)
        schema = list(schema.values())
    if isinstance(schema, list):
        for one in schema:
            yield from _named(one)


def _turned(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {key: _turned(value) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_turned(one) for one in schema]
    return schema.replace(OPENAPI_REFERENCE, REFERENCE) if isinstance(schema, str) else schema


def _bare(schema: Any) -> Any:
    if isinstance(schema, dict):
        told = {key: value for key, value in schema.items() if key not in ANNOTATIONS or not isinstance(value, str)}
        return {key: _bare(value) for key, value in told.items()}
    return schema
