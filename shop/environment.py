"""Typed, strict reading of environment variables, and the list of them that `docs/settings.md` is made from.

Each value is parsed the moment it is declared. A value that is missing or malformed stops the start with
`ImproperlyConfigured`, which names the variable and never repeats a secret's content.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from api.rates import Rate, rates

T = TypeVar("T")
REQUIRED: Any = object()


@dataclass(frozen=True)
class Variable:
    """One declared setting, as the reference page shows it."""

    name: str
    kind: str
    default: str
    help: str


class Environment:
    """Reads variables from `source` (the process environment by default) and remembers what was declared."""

    def __init__(self, source: Mapping[str, str] | None = None) -> None:
        self.source = os.environ if source is None else source
        self.variables: list[Variable] = []

    def text(
        self, name: str, default: str = REQUIRED, *, help: str, choices: tuple[str, ...] = (), shown: str = ""
    ) -> str:
        def parse(raw: str) -> str:
            if choices and raw not in choices:
                raise ValueError(f"must be one of {', '.join(choices)}")
            return raw

        kind = "text" if not choices else " \\| ".join(choices)
        return self._read(name, kind, default, help, parse, shown=shown)

    def secret(self, name: str, default: str = REQUIRED, *, help: str, shortest: int = 0) -> str:
        def parse(raw: str) -> str:
            if len(raw) < shortest:
                raise ValueError(f"must have at least {shortest} characters")
            return raw

        return self._read(name, "secret", default, help, parse)

    def boolean(self, name: str, default: bool = REQUIRED, *, help: str) -> bool:
        def parse(raw: str) -> bool:
            if raw not in ("true", "false"):
                raise ValueError("must be true or false")
            return raw == "true"

        return self._read(name, "true \\| false", default, help, parse)

    def integer(
        self,
        name: str,
        default: int = REQUIRED,
        *,
        help: str,
        minimum: int = 0,
        maximum: int | None = None,
        shown: str = "",
    ) -> int:
        return self._read(name, "integer", default, help, _whole_number(minimum, maximum), shown=shown)

    def percent(self, name: str, default: int = REQUIRED, *, help: str) -> int:
        return self._read(name, "percent", default, help, _whole_number(0, 100))

    def money(self, name: str, default: Decimal = REQUIRED, *, help: str) -> Decimal:
        def parse(raw: str) -> Decimal:
            try:
                amount = Decimal(raw)
            except InvalidOperation:
                raise ValueError("must be a decimal number such as 12.90") from None
            if not amount.is_finite() or amount < 0:
                raise ValueError("must be zero or more")
            return amount

        return self._read(name, "decimal", default, help, parse)

    def rates(self, name: str, default: str = REQUIRED, *, help: str) -> tuple[Rate, ...]:
        """How much of something in how long: see `api/rates.py`."""
        return self._read(name, "rates", rates(default), help, rates, shown=default)

    def words(self, name: str, default: tuple[str, ...] = REQUIRED, *, help: str) -> tuple[str, ...]:
        def parse(raw: str) -> tuple[str, ...]:
            return tuple(word for word in (part.strip() for part in raw.split(",")) if word)

        return self._read(name, "comma-separated", default, help, parse)

    def addresses(self, name: str, default: tuple[str, ...] = REQUIRED, *, help: str) -> tuple[str, ...]:
        """E-mail addresses alone, without names."""

        def parse(raw: str) -> tuple[str, ...]:
            words = tuple(word for word in (part.strip() for part in raw.split(",")) if word)
            if wrong := [word for word in words if not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", word)]:
                raise ValueError(f"must hold e-mail addresses with commas between them, and {wrong[0]!r} is none")
            return words

        return self._read(name, "comma-separated addresses", default, help, parse)

    def origins(self, name: str, default: tuple[str, ...] = REQUIRED, *, help: str) -> tuple[str, ...]:
        """Scheme and host, as browsers send them in `Origin` (RFC 6454)."""

        def parse(raw: str) -> tuple[str, ...]:
            words = tuple(word for word in (part.strip() for part in raw.split(",")) if word)
            if wrong := [word for word in words if not re.fullmatch(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", word)]:
                raise ValueError(f"must hold origins such as https://shop.example, and {wrong[0]!r} is none")
            return words

        return self._read(name, "comma-separated origins", default, help, parse)

    def named(self, name: str, *, help: str) -> dict[str, str]:
        """`name=value` pairs, none of either twice; empty by default."""

        def parse(raw: str) -> dict[str, str]:
            found: dict[str, str] = {}
            for word in (part.strip() for part in raw.split(",")):
                matched = re.fullmatch(r"([a-z0-9-]{1,40})=([A-Za-z0-9_+]{1,128})", word)
                if matched is None:
                    raise ValueError(f"must be name=value with commas between, and {word!r} is not")
                if matched[1] in found or matched[2] in found.values():
                    raise ValueError(f"has a part of {word!r} twice")
                found[matched[1]] = matched[2]
            return found

        return self._read(name, "comma-separated name=value", {}, help, parse, shown="empty")

    def url(
        self,
        name: str,
        default: str = REQUIRED,
        *,
        help: str,
        schemes: tuple[str, ...] = ("http", "https"),
        shown: str = "",
    ) -> str:
        """`shown` is how the reference page tells of a default that is made from other settings."""

        def parse(raw: str) -> str:
            parts = urlsplit(raw)
            if parts.scheme not in schemes or not parts.hostname:
                raise ValueError(f"must be an address that begins with {' or '.join(f'{s}://' for s in schemes)}")
            return raw.rstrip("/")

        return self._read(name, "URL", default, help, parse, shown=shown)

    def template(
        self, name: str, default: str = REQUIRED, *, places: tuple[str, ...], help: str, shown: str = ""
    ) -> str:
        """An address with `{place}` once for each of `places`, where something is filled in later."""

        def parse(raw: str) -> str:
            parts = urlsplit(raw)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("must be an address that begins with http:// or https://")
            for place in places:
                if raw.count(f"{{{place}}}") != 1:
                    raise ValueError(f"must have {{{place}}} in it, once")
            return raw

        return self._read(name, "URL template", default, help, parse, shown=shown)

    def parsed(self, name: str, default: str, parse: Callable[[str], str], *, kind: str, help: str) -> str:
        """A text of a `kind` that `parse` knows: it returns the text as it is kept, or raises ValueError."""
        return self._read(name, kind, default, help, parse)

    def folder(self, name: str, default: str = REQUIRED, *, help: str) -> str:
        """A folder that is there, by its whole path."""

        def parse(raw: str) -> str:
            if not Path(raw).is_absolute() or not Path(raw).is_dir():
                raise ValueError("must be the whole path of a folder that is there")
            return raw

        return self._read(name, "folder", default, help, parse)

    def database(self, name: str, *, help: str) -> dict[str, Any]:
        """A `postgresql://user:password@host:port/name` address as the fields of Django's DATABASES."""

        def parse(raw: str) -> dict[str, Any]:
            parts = urlsplit(raw)
            if parts.scheme not in ("postgres", "postgresql") or not parts.hostname or not parts.path.strip("/"):
                raise ValueError("must look like postgresql://user:password@host:5432/name")
            return {
                "NAME": unquote(parts.path.strip("/")),
                "USER": unquote(parts.username or ""),
                "PASSWORD": unquote(parts.password or ""),
                "HOST": parts.hostname,
                "PORT": str(parts.port or 5432),
            }

        return self._read(name, "URL", REQUIRED, help, parse)

    def _read(self, name: str, kind: str, default: T, help: str, parse: Callable[[str], T], *, shown: str = "") -> T:
        shown = shown or ("required" if default is REQUIRED else self._show(default))
        self.variables.append(Variable(name, kind, shown, help))
        raw = self.source.get(name, "")
        if raw == "":
            if default is REQUIRED:
                raise ImproperlyConfigured(f"{name} is not set: {help}")
            return default
        try:
            return parse(raw)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} {error}: {help}") from None

    @staticmethod
    def _show(default: object) -> str:
        if isinstance(default, bool):
            return str(default).lower()
        if isinstance(default, tuple):
            return ",".join(default) or "empty"
        return str(default) or "empty"


def _whole_number(minimum: int, maximum: int | None) -> Callable[[str], int]:
    allowed = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"

    def parse(raw: str) -> int:
        number = int(raw) if raw.isascii() and raw.isdigit() else -1
        if number < minimum or (maximum is not None and number > maximum):
            raise ValueError(f"must be a whole number {allowed}")
        return number

    return parse
