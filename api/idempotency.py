"""`Idempotency-Key`: a POST that is sent again changes nothing and gets the first answer again.

The promise holds through a crash at any line, without a lease to expire: an advisory lock of the transaction marks a
request in flight (PostgreSQL drops it when the connection dies), and the row with the answer commits with the work.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from psycopg.errors import UniqueViolation
from rest_framework.request import Request
from rest_framework.response import Response

from api.models import IdempotencyKey
from api.postgresql.statements import rows_of, run
from api.problems import Conflict, Invalid, Problem
from api.renderers import dumps

KEPT_FOR = timedelta(hours=24)
MAX_LENGTH = 255
REPLAYED_HEADERS = ("Location", "ETag")

CLAIM = """
SELECT pg_try_advisory_xact_lock(%s), kept.fingerprint, kept.status, kept.body, kept.headers, kept.created_at
FROM (SELECT 1) AS always LEFT JOIN api_idempotencykey AS kept ON kept.caller = %s AND kept.key = %s
"""
"""The lock and what is kept, in one round trip. It may not see a row that was committed while it took the lock: the
work then fails, at the latest by the unique constraint, is rolled back, and the row looked for again."""

FORGET = "DELETE FROM api_idempotencykey WHERE caller = %s AND key = %s AND created_at = %s"
"""The row that was seen, not one that was committed in its place."""

KEEP = """
INSERT INTO api_idempotencykey (caller, key, fingerprint, status, body, headers, created_at)
VALUES (%s, %s, %s, %s, %s, %s::jsonb, %s)
"""


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
    try:
        return _guarded(request, caller, key, work)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        # Somebody committed the same key, or took the same number, between our look and our writing: look again.
        return _guarded(request, caller, key, work)
    except (KeyInFlight, KeyReused):
        raise
    except Problem as refusal:
        # The same may be why the work is refused: what was committed with this key took the last unit.
        return _guarded(request, caller, key, partial(_refuse, refusal))


def _refuse(refusal: Problem) -> Response:
    raise refusal


def _guarded(request: Request, caller: str, key: str, work: Callable[[], Response]) -> Response:
    fingerprint = _fingerprint(request)
    with transaction.atomic(durable=True):
        ((is_ours, *kept, created_at),) = rows_of(CLAIM, [_number_of(caller, key), caller, key])
        if not is_ours:
            raise KeyInFlight("A request with this key is still running.", headers={"Retry-After": "1"})
        if created_at is not None and created_at > timezone.now() - KEPT_FOR:
            return _replay(fingerprint, *kept)
        response = work()
        if created_at is not None:
            # Only now: who deletes an account locks it first and its keys after it, as `work` may lock the account.
            run(FORGET, [caller, key, created_at])
        body = dumps(response.data)
        headers = json.dumps({name: response[name] for name in REPLAYED_HEADERS if name in response})
        run(KEEP, [caller, key, fingerprint, response.status_code, body, headers, timezone.now()])
        if response.data is not None:
            response.data = orjson.Fragment(body)  # it is written: the renderer need not do it again
        return response


def guest_caller(email: str) -> str:
    """A guest's keys belong to the e-mail address, in whatever case it is written; no account's id begins like this."""
    return f"guest:{email.lower()}"


def forget_old_keys() -> int:
    """Deletes the keys that are no longer honoured, and says how many."""
    deleted, _ = IdempotencyKey.objects.filter(created_at__lte=timezone.now() - KEPT_FOR).delete()
    return deleted


def _number_of(caller: str, key: str) -> int:
    digest = hashlib.sha256(f"{caller}\n{key}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def _replay(wanted: str, fingerprint: str, status: int, body: bytes, headers: str) -> Response:
    if wanted != fingerprint:
        raise KeyReused("This key was used for another request. Take a new key for a new request.")
    return Response(orjson.loads(body), status=status, headers=json.loads(headers) | {"Idempotency-Replayed": "true"})


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
