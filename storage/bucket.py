"""The private bucket, or the emulator's, behind plain functions. Keys are paths without a leading slash.

An S3 that refuses or cannot be reached raises botocore's errors: a worker's message then comes again. Within a request,
`answerable` makes a 503 of it.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NotConnected
from django.conf import settings
from django.core.files import File
from django.core.files.base import ContentFile
from django.utils import timezone
from storages.backends.s3 import S3Storage

from api import tracing
from api.problems import Problem

SIGNED_FOR = timedelta(minutes=5)
CHUNK = 64 * 1024
AT_ONCE = 1000
"""Keys in one DeleteObjects and in one page of ListObjectsV2: what S3 takes and gives."""


class Unavailable(Problem):
    status, code = 503, "unavailable"

    def __init__(self) -> None:
        super().__init__("The file store cannot be reached. Try again shortly.", headers={"Retry-After": "2"})


class _Downloads(S3Storage):  # type: ignore[misc]  # untyped package
    """Its objects are offered for download under the key's last part."""

    def get_object_parameters(self, name: str) -> dict[str, Any]:
        disposition = f'attachment; filename="{PurePosixPath(name).name}"'
        return {**super().get_object_parameters(name), "ContentDisposition": disposition}


class Chunks:
    """An object's content, 64 KiB at a time. Close it, read or not: a connection hangs on it."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body.iter_chunks(CHUNK))

    def close(self) -> None:
        self._body.close()


def store(key: str, content: bytes, *, content_type: str, download: bool = False) -> None:
    """Puts `content` under `key`, private; with `download`, whoever opens it is offered a file of that name."""
    file = ContentFile(content)
    file.content_type = content_type  # type: ignore[attr-defined]  # what the storage looks at first
    with tracing.span("S3 PutObject", {"key": key, "bytes": len(content)}, kind="client"):
        _bucket(download=download).save(key, file)


def store_file(key: str, file: File[bytes], *, content_type: str, download: bool = False) -> None:
    """As `store`, for a file that need not fit into memory."""
    file.content_type = content_type  # type: ignore[attr-defined]  # what the storage looks at first
    _bucket(download=download).save(key, file)


def read(key: str) -> bytes:
    """What lies under `key`, by one request. Raises FileNotFoundError."""
    with tracing.span("S3 GetObject", {"key": key}, kind="client"):
        return bytes(_found(key, _client().get_object)["Body"].read())


def size(key: str) -> int:
    """Bytes under `key`. Raises FileNotFoundError."""
    return int(_found(key, _client().head_object)["ContentLength"])


def stream(key: str) -> tuple[int, Chunks]:
    """How many bytes lie under `key`, and these in chunks, read as they are asked for. Raises FileNotFoundError."""
    found = _found(key, _client().get_object)
    return int(found["ContentLength"]), Chunks(found["Body"])


def delete(keys: Collection[str]) -> None:
    """Deletes what lies under `keys`; what is not there is no error."""
    rest = list(keys)
    while rest:
        now, rest = rest[:AT_ONCE], rest[AT_ONCE:]
        wanted = {"Objects": [{"Key": key} for key in now], "Quiet": True}
        answer = _client().delete_objects(Bucket=settings.S3_BUCKET, Delete=wanted)
        if errors := answer.get("Errors"):  # S3 answers 200 even where it has deleted nothing
            raise ClientError({"Error": errors[0]}, "DeleteObjects")


def pages(prefix: str, *, after: str = "") -> Iterator[dict[str, datetime]]:
    """What lies under `prefix`, at most 1000 keys at a time in the keys' order: each with the time it was stored.

    Begins behind the key `after`.
    """
    lists = _client().get_paginator("list_objects_v2")
    for page in lists.paginate(Bucket=settings.S3_BUCKET, Prefix=prefix, StartAfter=after):
        if rows := page.get("Contents"):
            yield {row["Key"]: row["LastModified"] for row in rows}


def signed_url(key: str) -> tuple[str, datetime]:
    """An address that anyone may read the object at for five minutes, and the moment it ends. Asks nobody."""
    expires_at = timezone.now().replace(microsecond=0) + SIGNED_FOR
    return str(_bucket().url(key, expire=int(SIGNED_FOR.total_seconds()))), expires_at


def signed_form(key: str, *, until: datetime, most: int) -> dict[str, Any]:
    """`url` and `fields` of a form by which anyone may put one to `most` bytes under `key` until then. Asks nobody.

    A POST, since S3 holds its file to the length that the form allows; to a signed PUT anything could be sent.
    """
    seconds = max(1, int((until - timezone.now()).total_seconds()))
    limits = [["content-length-range", 1, most]]
    form = _client().generate_presigned_post(settings.S3_BUCKET, key, Conditions=limits, ExpiresIn=seconds)
    return {"url": str(form["url"]), "fields": dict(form["fields"])}


@contextmanager
def answerable() -> Iterator[None]:
    """Around calls within a request: raises Unavailable (503) where S3 cannot be reached or is overloaded."""
    try:
        yield
    except (NotConnected, HTTPClientError) as error:
        raise Unavailable from error
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0) >= 500:
            raise Unavailable from error
        raise


def _found(key: str, ask: Any) -> dict[str, Any]:
    try:
        return dict(ask(Bucket=settings.S3_BUCKET, Key=key))
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            raise FileNotFoundError(key) from error
        raise


def _client() -> Any:
    return _bucket().connection.meta.client


def _bucket(*, download: bool = False) -> S3Storage:
    return _bucket_at(download, settings.S3_BUCKET, settings.AWS_REGION, settings.AWS_ENDPOINT_URL)


@functools.cache
def _bucket_at(download: bool, name: str, region: str, endpoint: str) -> S3Storage:
    return (_Downloads if download else S3Storage)(
        bucket_name=name,
        region_name=region,
        endpoint_url=endpoint or None,
        # boto3 finds the credentials itself. What django-storages would read from the environment is none, or less than
        # all: a token without its keys, with which nothing can be signed.
        access_key=None,
        secret_key=None,
        security_token=None,
        default_acl=None,
        file_overwrite=True,
        querystring_auth=True,
        client_config=Config(
            # An emulator answers to one host name only. On AWS the regional name must be signed: a redirect would break
            # the signature.
            s3={"addressing_style": "path" if endpoint else "virtual"},
            signature_version="s3v4",
            connect_timeout=3,
            read_timeout=15,
            retries={"mode": "standard", "max_attempts": 3},
        ),
    )
