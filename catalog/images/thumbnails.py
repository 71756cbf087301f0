"""Small pictures of the large ones, made by a worker."""

from __future__ import annotations

import logging
from uuid import UUID

from catalog.errors import BadImage
from catalog.images import keys, pictures
from catalog.models import ProductImage
from storage import bucket

log = logging.getLogger(__name__)


def make_missing(product_id: UUID) -> None:
    """Gives those of the product's images a thumbnail that have none. May run twice, also at the same time.

    An original that cannot be decoded stands for its own thumbnail from then on, and one that is not in the bucket is
    left out until the product's next event; either is logged as an error. To try for ever would help neither, and keep
    the product's other images waiting.
    """
    for image in ProductImage.objects.filter(product_id=product_id, thumbnail_key=""):
        try:
            content = bucket.read(image.key)
        except FileNotFoundError:
            if ProductImage.objects.filter(id=image.id).exists():
                log.error("%s: the image %s is not in the bucket", image.key, image.id)
            continue
        _keep(image, _stored(image.key, content))


def _stored(original: str, content: bytes) -> str:
    """The key of the thumbnail, once it is in the bucket."""
    try:
        small = pictures.thumbnail(content)
    except BadImage as reason:
        log.error("%s has no thumbnail: %s", original, reason)
        return original
    key = keys.of_thumbnail(original)
    bucket.store(key, small, content_type="image/webp")
    return key


def _keep(image: ProductImage, key: str) -> None:
    there = ProductImage.objects.filter(id=image.id)
    if not there.filter(thumbnail_key="").update(thumbnail_key=key) and not there.exists():
        bucket.delete([key])  # the image was removed while we worked: nobody else will
