"""The private bucket, or the emulator's, behind plain functions. Keys are paths without a leading slash."""

from __future__ import annotations

import functools
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import Any

from botocore.config import Config
from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone
from storages.backends.s3 import S3Storage

SIGNED_FOR = timedelta(minutes=5)


class _Bucket(S3Storage):  # type: ignore[misc]  # untyped package
    def get_object_parameters(self, name: str) -> dict[str, Any]:
        filename = PurePosixPath(name).name
        disposition = f'attachment; filename="{filename}"'
        return {**super().get_object_parameters(name), "ContentDisposition": disposition}


def store(key: str, content: bytes, *, content_type: str) -> None:
    """Puts `content` under `key`, private, and offered for download under the key's last part."""
    file = ContentFile(content)
    file.content_type = content_type  # type: ignore[attr-defined]  # what the storage looks at first
    _bucket().save(key, file)


def read(key: str) -> bytes:
    """What lies under `key`. Raises FileNotFoundError."""
    with _bucket().open(key) as file:
        return bytes(file.read())


def signed_url(key: str) -> tuple[str, datetime]:
    """An address that anyone may read the object at for five minutes, and the moment it ends. Asks nobody."""
    expires_at = timezone.now().replace(microsecond=0) + SIGNED_FOR
    return str(_bucket().url(key, expire=int(SIGNED_FOR.total_seconds()))), expires_at


def _bucket() -> _Bucket:
    return _bucket_at(settings.S3_BUCKET, settings.AWS_REGION, settings.AWS_ENDPOINT_URL)


@functools.cache
def _bucket_at(name: str, region: str, endpoint: str) -> _Bucket:
    return _Bucket(
        bucket_name=name,
        region_name=region,
        endpoint_url=endpoint or None,
        # boto3 finds the credentials itself: of the two halves that django-storages would read from the environment, a
        # role's session token is not one.
        access_key=None,
        secret_key=None,
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
