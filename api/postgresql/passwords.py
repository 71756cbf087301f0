"""The database's password, where AWS Secrets Manager keeps it and changes it.

It is read when a connection is made, kept for five minutes, and read again when PostgreSQL refuses it: so that a change
cuts nobody off. While Secrets Manager is away, the one that was read last is used, for it seldom changes.
"""

from __future__ import annotations

import functools
import json
import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import boto3
import psycopg
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

log = logging.getLogger(__name__)

KEPT_FOR = 300  # seconds
REST = 30  # seconds between two looks that fail, while there is a password that PostgreSQL takes
REST_WITHOUT = 2  # seconds between them while there is none
REFUSED = "password authentication failed"
"""What libpq says; it hands on no SQLSTATE of a connection that was not made."""

FAILURES = (BotoCoreError, ClientError, KeyError, TypeError, ValueError)
"""AWS is away, or what it gives holds no user and password."""


def credentials() -> dict[str, str]:
    """User and password for libpq; nothing where DATABASE_URL has them.

    Raises psycopg's OperationalError, as for a database that cannot be reached, where none can be had.
    """
    return _secret(settings.DATABASE_SECRET).credentials() if settings.DATABASE_SECRET else {}


def changed(error: psycopg.Error) -> bool:
    """Whether it was the password that was refused: then it is read anew for the next try."""
    if not settings.DATABASE_SECRET or REFUSED not in str(error):
        return False
    _secret(settings.DATABASE_SECRET).refused()
    return True


@dataclass
class Secret:
    """One thread at a time asks AWS. The others wait for it only where they have nothing that PostgreSQL takes."""

    name: str
    _asking: threading.Lock = field(default_factory=threading.Lock)
    _known: dict[str, str] = field(default_factory=dict)
    _good: bool = False
    _next_look: float = 0.0
    _failed_at: float | None = None

    def credentials(self) -> dict[str, str]:
        if time.monotonic() >= self._next_look and self._asking.acquire(blocking=not self._good):
            try:
                if time.monotonic() >= self._next_look:  # nobody has looked while this one waited
                    self._look()
            finally:
                self._asking.release()
        if not self._known:
            raise psycopg.OperationalError("Secrets Manager does not give the database's password.")
        return dict(self._known)

    def refused(self) -> None:
        self._good = False
        self._next_look = 0.0 if self._failed_at is None else self._failed_at + REST_WITHOUT

    def _look(self) -> None:
        try:
            self._known = _read(self.name)
        except FAILURES as error:
            if self._failed_at is None:
                log.error("Secrets Manager does not give the database's password: %s %s", type(error).__name__, error)
            self._failed_at = time.monotonic()
            self._next_look = self._failed_at + (REST if self._good else REST_WITHOUT)
        else:
            self._good, self._failed_at, self._next_look = True, None, time.monotonic() + KEPT_FOR


_secret = functools.cache(Secret)


def _read(name: str) -> dict[str, str]:
    client: Any = boto3.client(
        "secretsmanager",
        region_name=settings.AWS_REGION,
        endpoint_url=settings.AWS_ENDPOINT_URL or None,
        config=Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}),
    )
    told = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
    return {"user": str(told["username"]), "password": str(told["password"])}
