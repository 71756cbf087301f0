"""The database's password, where AWS Secrets Manager keeps it and changes it.

It is read when a connection is made, kept for five minutes, and read again when PostgreSQL refuses it: so that a change
cuts nobody off.
"""

from __future__ import annotations

import functools
import json
import time
from typing import Any

import boto3
import psycopg
from botocore.config import Config
from django.conf import settings

KEPT_FOR = 300  # seconds
REFUSED = "password authentication failed"
"""What libpq says; it hands on no SQLSTATE of a connection that was not made."""


def credentials() -> dict[str, str]:
    """User and password for libpq; nothing where DATABASE_URL has them."""
    if not settings.DATABASE_SECRET:
        return {}
    return dict(_kept(settings.DATABASE_SECRET, int(time.monotonic() // KEPT_FOR)))


def changed(error: psycopg.Error) -> bool:
    """Whether it was the password that was refused: then it is read anew for the next try."""
    if not settings.DATABASE_SECRET or REFUSED not in str(error):
        return False
    _kept.cache_clear()
    return True


@functools.lru_cache(maxsize=1)
def _kept(name: str, period: int) -> tuple[tuple[str, str], ...]:
    client: Any = boto3.client(
        "secretsmanager",
        region_name=settings.AWS_REGION,
        endpoint_url=settings.AWS_ENDPOINT_URL or None,
        config=Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3}),
    )
    told = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
    return ("user", str(told["username"])), ("password", str(told["password"]))
