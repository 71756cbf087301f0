"""`Idempotency-Key`: a POST that is sent again changes nothing and gets the first answer again.

The promise holds through a crash at any line, without a lease to expire: an advisory lock of the transaction marks a
request in flight (PostgreSQL drops it when the connection dies), and the row with the answer commits with the work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from api.models import IdempotencyKey
from api.problems import Conflict, Invalid, Problem
from api.renderers import dumps

KEPT_FOR = timedelta(hours=24)
MAX_LENGTH = 255
REPLAYED_HEADERS = ("Location", "ETag")


class KeyReused(Problem):
    status, code = 422, "idempotency_key_reused"


class KeyInFlight(Conflict):
    code = "idempotency_key_in_flight"


def once(request: Request, caller: str, work: Callable[[], Response]) -> Response:
    """Runs `work` in one durable transaction, at most once per caller and key, and gives its answer.

    `caller` is an account's id, or `guest_caller`. Only successes are kept: an exception rolls everything back and
    frees the key. Raises KeyReused (422), KeyInFlight (409), and Invalid (400) for an empty or overlong key. Without a
    key, `work` simply runs in its transaction.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        with transaction.atomic(durable=True):
            return work()
    key = key.strip()
    if not 1 <= len(key) <= MAX_LENGTH or not key.isprintable():
        raise Invalid("Idempotency-Key", "invalid_idempotency_key", f"It must have 1 to {MAX_LENGTH} characters.")
    fingerprint = _fingerprint(request)
    with transaction.atomic(durable=True):
        _lock(caller, key)
        # A statement of its own, after the lock: it must see the row that the lock's last holder has committed.
        if kept := IdempotencyKey.objects.filter(caller=caller, key=key).first():
            if kept.created_at > timezone.now() - KEPT_FOR:
                return _replay(kept, fingerprint)
            kept.delete()
        response = work()
        IdempotencyKey.objects.create(
            caller=caller,
            key=key,
            fingerprint=fingerprint,
            status=response.status_code,
            body=dumps(response.data),
            headers={name: response[name] for name in REPLAYED_HEADERS if name in response},
        )
        return response


def guest_caller(email: str) -> str:
    """A guest's keys belong to the e-mail address, in whatever case it is written; no account's id begins like this."""
    return f"guest:{email.lower()}"


def forget_old_keys() -> int:
    """Deletes the keys that are no longer honoured, and says how many."""
    deleted, _ = IdempotencyKey.objects.filter(created_at__lte=timezone.now() - KEPT_FOR).delete()
    return deleted


def _lock(caller: str, key: str) -> None:
    digest = hashlib.sha256(f"{caller}\n{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], "big", signed=True)])
        if not cursor.fetchone()[0]:
            raise KeyInFlight("A request with this key is still running.", headers={"Retry-After": "1"})


def _replay(kept: IdempotencyKey, fingerprint: str) -> Response:
    if kept.fingerprint != fingerprint:
        raise KeyReused("This key was used for another request. Take a new key for a new request.")
    headers = kept.headers | {"Idempotency-Replayed": "true"}
    return Response(orjson.loads(bytes(kept.body)), status=kept.status, headers=headers)


def _fingerprint(request: Request) -> str:
    # Sorted keys and no spaces: the same JSON however it was written. `ensure_ascii` makes \u00e9 and é one.
    canonical = json.dumps(_plain(request.data), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    words = [str(request.method), request.path, canonical]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """`value` with 1.0 as 1 and -0.0 as 0: JSON knows one kind of number (RFC 8785, 3.2.2.3). A file is its content."""
    match value:
        case UploadedFile():
            digest = hashlib.sha256()
            for chunk in value.chunks():
                digest.update(chunk)
            value.seek(0)
            return {"sha256": digest.hexdigest()}
        case float() if value.is_integer():
            return int(value)
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case _:
            return value
