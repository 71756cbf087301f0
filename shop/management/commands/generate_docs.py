"""The reference pages that are made from code, so that they cannot grow stale: a test compares them."""

from __future__ import annotations

import inspect
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.module_loading import import_string
from drf_spectacular.generators import SchemaGenerator

from events import schemas
from events.base import REGISTRY, DomainEvent
from shop.settings import env

ROUTES = {"topic": "SNS topic", "bus": "EventBridge bus"}
EVENTS_HEAD = """# Events

<!-- Made by `bin/manage generate_docs` from the event classes and shop/subscriptions.py. Do not edit. -->

Whatever happens in the shop is recorded in the transaction in which it happens, and published as a
[CloudEvent 1.0](https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md) in JSON. Anyone
may subscribe: to the SNS topic, where the message attribute `event_type` holds the type for filter policies, or to the
EventBridge bus, where `detail-type` is the type and `detail` the CloudEvent.

| attribute | what |
|---|---|
| `id` | UUIDv7, the same at every delivery: an event may come twice, and this tells |
| `source` | the setting `EVENT_SOURCE` |
| `type` | one of the types below |
| `time` | when it was recorded, RFC 3339 in UTC |
| `subject` | what it is about, as `kind/id` |
| `position` | its place in the log: an integer that grows without a gap in the order of publishing |
| `eventversion` | the version of the meaning of `data`; a new optional field keeps it |
| `traceparent` | the span that sent it (W3C Trace Context), where the request was traced |
| `data` | the fields below |

Deliveries may come out of order; `position` tells what came first.

Each type and version has a JSON Schema of the whole message in [`schemas/`](schemas/), draft 2020-12. They are open: be
ready for fields that they do not name, for a new optional one keeps the version. A field that goes, becomes optional or
changes its type does not: `generate_docs` refuses to write that into the file of a version that is there, and a test
refuses a file that is not what the code says. Every event that any test records is held to its schema with no field
besides.
"""
SETTINGS_HEAD = """# Settings

<!-- Made by `bin/manage generate_docs` from shop/settings.py. Do not edit. -->

All settings come from the environment. A value that is missing or malformed stops the start, with a message that names
the variable. What is empty counts as not set.

| variable | kind | default | what |
|---|---|---|---|
"""


def events_page() -> str:
    parts = [EVENTS_HEAD]
    parts += [_event(REGISTRY[type]) for type in settings.EVENT_ROUTES]
    parts.append("## Who listens\n")
    parts.append("| consumer (one SQS queue each) | event | handler |\n|---|---|---|")
    for consumer, handlers in settings.EVENT_SUBSCRIPTIONS.items():
        for type, path in handlers.items():
            parts.append(f"| `{consumer}` | `{type}` | {_promise(path)} |")
    parts.append("\n## What comes from outside\n\n| queue | what takes its messages |\n|---|---|")
    parts += [f"| `{queue}` | {_promise(path)} |" for queue, path in settings.INBOUND_QUEUES.items()]
    return "\n".join(parts) + "\n"


def _event(kind: type[DomainEvent]) -> str:
    rows = "\n".join(f"| `{field.name}` | `{_kind(field.type)}` |" for field in fields(kind))
    route, file = ROUTES[settings.EVENT_ROUTES[kind.type()]], schemas.filename(kind)
    return (
        f"## {kind.type()}\n\n{inspect.cleandoc(kind.__doc__ or '')}\n\n"
        f"Version {kind.version}, to the {route}. Its JSON Schema: [`{file}`](schemas/{file}).\n\n"
        f"| field of `data` | type |\n|---|---|\n{rows}\n"
    )


def _kind(annotation: Any) -> str:
    return str(annotation).replace("|", "\\|")


def _promise(path: str) -> str:
    """The first sentence of the handler's docstring."""
    return " ".join(inspect.cleandoc(import_string(path).__doc__ or "").split("\n\n")[0].split())


def settings_page() -> str:
    rows = (f"| `{one.name}` | {one.kind} | {_default(one.default)} | {one.help} |" for one in env.variables)
    return SETTINGS_HEAD + "\n".join(rows) + "\n"


def _default(shown: str) -> str:
    return shown if shown in ("required", "empty") else f"`{shown}`"


def pages() -> dict[Path, str]:
    """Path → content of each generated page."""
    docs = settings.BASE_DIR / "docs"
    return {docs / "events.md": events_page(), docs / "settings.md": settings_page(), **event_schemas()}


def event_schemas() -> dict[Path, str]:
    """The JSON Schema of each event; what is in them of the API is the OpenAPI document's own."""
    document = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    folder, components = settings.BASE_DIR / "docs" / "schemas", document["components"]["schemas"]
    kinds = [REGISTRY[type] for type in settings.EVENT_ROUTES]
    return {
        folder / schemas.filename(kind): json.dumps(schemas.message_schema(kind, components), indent=2) + "\n"
        for kind in kinds
    }


def _refuse_breaks(path: Path, text: str) -> None:
    if path.suffix != ".json" or not path.exists():
        return
    found = list(schemas.breaks(json.loads(path.read_text(encoding="utf-8")), json.loads(text)))
    if found:
        raise CommandError(
            f"{path.name}: {'; '.join(found)}. Who reads this version would be hurt: raise the event's `version`, or "
            "delete the file if the version was never released."
        )


class Command(BaseCommand):
    help = "Writes docs/events.md, docs/settings.md and docs/schemas/ anew from the code."

    def handle(self, *args: Any, **options: Any) -> None:
        made = pages()
        for path, text in made.items():
            _refuse_breaks(path, text)
        for path, text in made.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            self.stdout.write(f"{path.relative_to(settings.BASE_DIR)} written")
