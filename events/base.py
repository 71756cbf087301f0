"""What an event is in code: a small frozen dataclass in the past tense, with primitive fields and a docstring."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

REGISTRY: dict[str, type[DomainEvent]] = {}
"""Event type → its class: all that this version of the code can record or read."""


@dataclass(frozen=True, kw_only=True)
class DomainEvent(ABC):
    """A fact that has happened. A subclass's name is its type; its fields are the `data` on the wire.

    Fields hold ids and the facts of the moment (strings, integers, lists and dicts of them), never an address, a token
    or a float. `version` grows when the meaning of a field changes; a new optional field keeps it.
    """

    version: ClassVar[int] = 1

    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if abstract:
            return
        known = REGISTRY.setdefault(cls.__name__, cls)
        if known.__module__ != cls.__module__:
            raise TypeError(f"{cls.__name__} is defined in {known.__module__} and in {cls.__module__}.")

    @property
    @abstractmethod
    def subject(self) -> str:
        """What the event is about, as `kind/id`: `order/0190…`."""

    @classmethod
    def type(cls) -> str:
        return cls.__name__

    def data(self) -> dict[str, Any]:
        return asdict(self)
