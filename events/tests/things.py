"""A small world of its own for the tests of the event core: two types, one consumer, and effects that can be counted.

The worker process of the tests imports this module too, by `events.tests.worker_settings`.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from events import inbox
from events.base import REGISTRY, DomainEvent
from events.envelope import Received
from events.outbox import record


@dataclass(frozen=True, kw_only=True)
class Thing(DomainEvent, abstract=True):
    name: str
    tags: list[str]

    @property
    def subject(self) -> str:
        return f"thing/{self.name}"


@dataclass(frozen=True, kw_only=True)
class ThingMade(Thing, abstract=True):
    """A thing was made; its handler works outside the database."""


@dataclass(frozen=True, kw_only=True)
class ThingPainted(Thing, abstract=True):
    """A thing was painted; its handler works inside the database."""

    coats: int = 1


@dataclass(frozen=True, kw_only=True)
class ThingUnheard(Thing, abstract=True):
    """Nobody listens to it."""


@dataclass(frozen=True, kw_only=True)
class ThingCounted(Thing, abstract=True):
    """What the handler of ThingPainted records; goes to the bus."""


@dataclass(frozen=True, kw_only=True)
class ThingHeld(Thing, abstract=True):
    """A thing that its handler holds until the test lets go."""


KINDS = (ThingMade, ThingPainted, ThingUnheard, ThingCounted, ThingHeld)
CLASSES: dict[str, Any] = {kind.__name__: kind for kind in KINDS}
if os.environ.get("DJANGO_SETTINGS_MODULE") == "events.tests.worker_settings":
    REGISTRY.update(CLASSES)  # in the worker process; the tests enter them one test at a time


def write_down(received: Received[Thing]) -> None:
    """Appends the thing's name to the file of effects; things tagged `bad` fail, as often as there are `bad` tags."""
    path = Path(os.environ["THINGS_EFFECTS"])
    done = path.read_text().split() if path.exists() else []
    failures = received.event.tags.count("bad")
    name = received.event.name
    with path.open("a") as file:
        if done.count(f"failed:{name}") < failures:
            file.write(f"failed:{name}\n")
            file.flush()
            raise RuntimeError(f"{name} is bad")
        file.write(f"{name}\n")


def refuse(received: Received[Thing]) -> None:
    """Fails, with the thing's name for the reason."""
    raise RuntimeError(received.event.name)


def hold(received: Received[ThingHeld]) -> None:
    """Writes that it has begun, waits until `let_go` was called, and writes the thing's name."""
    path = Path(os.environ["THINGS_EFFECTS"])
    with path.open("a") as file:
        file.write(f"begun:{received.event.name}\n")
    while not _gate(path).exists():
        threading.Event().wait(0.02)
    with path.open("a") as file:
        file.write(f"{received.event.name}\n")


def let_go(effects: Path) -> None:
    _gate(effects).touch()


def _gate(effects: Path) -> Path:
    return effects.with_name("gate")


@inbox.in_transaction
def count(received: Received[ThingPainted]) -> None:
    """Records ThingCounted; a thing tagged `bad` fails after that."""
    record(ThingCounted(name=received.event.name, tags=[]))
    if "bad" in received.event.tags:
        raise RuntimeError("too late for second thoughts")


def make(name: str, *tags: str, kind: type[Thing] = ThingMade) -> Any:
    """Records an event in a transaction of its own."""
    with transaction.atomic():
        return record(kind(name=name, tags=list(tags)))
