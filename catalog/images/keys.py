"""Where images lie in the bucket, and at which public address.

Each object belongs to one row: the id of the image is part of its key, so that deleting one can never take away what
another row shows, however alike the two pictures are. The hash makes the key new whenever the content is.
"""

from __future__ import annotations

import re
from uuid import UUID

from django.conf import settings

from catalog.images.pictures import CONTENT_TYPES

PREFIX = "products/"
ID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
KEY = re.compile(rf"{PREFIX}({ID})/({ID})-[0-9a-f]{{16}}(?:\.thumb)?\.({'|'.join(CONTENT_TYPES)})", re.ASCII)


def of_product(product_id: UUID) -> str:
    """What the keys of all images of a product begin with."""
    return f"{PREFIX}{product_id}/"


def of_original(product_id: UUID, image_id: UUID, *, sha256: str, extension: str) -> str:
    return f"{of_product(product_id)}{image_id}-{sha256[:16]}.{extension}"


def of_thumbnail(original: str) -> str:
    """The same for every worker that makes it, so that two of them write one object."""
    return f"{original.rpartition('.')[0]}.thumb.webp"


def content_type(key: str) -> str | None:
    """The content type that a key's extension stands for; None for what is no key of an image."""
    found = KEY.fullmatch(key)
    return CONTENT_TYPES[found[3]] if found else None


def owner(key: str) -> tuple[UUID, UUID] | None:
    """The ids of product and image that a key was made of; None for what is no key of an image."""
    found = KEY.fullmatch(key)
    return (UUID(found[1]), UUID(found[2])) if found else None


def public_url(key: str) -> str:
    """Where anyone reads the object: this shop, or the CDN in front of it."""
    return f"{settings.MEDIA_URL}{key}"
