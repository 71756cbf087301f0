"""Clients of AWS, or of the emulator that `AWS_ENDPOINT_URL` names: one per service and process, safe for threads."""

from __future__ import annotations

import functools
import os
import threading
from typing import Any

import boto3
from botocore.config import Config
from django.conf import settings

USUAL: dict[str, Any] = {
    "connect_timeout": 3,
    "read_timeout": 15,
    "retries": {"mode": "standard", "total_max_attempts": 3},
}
WAITS: dict[str, dict[str, Any]] = {
    # Somebody waits for the sign-in: eight seconds at most for a call, 503 then. Cognito waits five for our trigger.
    # Once only: where the answer to a proof or a code was lost, a second one would be refused as a wrong one.
    "cognito-idp": {"connect_timeout": 2, "read_timeout": 6, "retries": {"mode": "standard", "total_max_attempts": 1}}
}
_making = threading.Lock()


def client(service: str) -> Any:
    """A boto3 client with bounded waits: 3 s to connect, 15 s for an answer, three attempts; see WAITS for Cognito."""
    with _making:  # clients may be shared by threads, but boto3 must not make two at once
        return _client(service)


@functools.cache
def _client(service: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]
        service,
        region_name=settings.AWS_REGION,
        endpoint_url=settings.AWS_ENDPOINT_URL or None,
        config=Config(**WAITS.get(service, USUAL)),
    )


os.register_at_fork(after_in_child=_client.cache_clear)  # a connection that two processes write to is no use to either


def queue_url(consumer: str) -> str:
    return f"{settings.QUEUE_URL_PREFIX}{consumer}"


def dead_letter_queue_url(consumer: str) -> str:
    return f"{queue_url(consumer)}-dead"
