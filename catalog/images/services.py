"""Giving a product images, and taking them away, for the API and the admin alike.

S3 is asked outside the transaction, always: an upload is stored before it, and what is removed is deleted after it. So
the bucket may for a while hold what no row names, and never the other way round. `sweep.py` deletes what is left over.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.db import transaction
from uuid_utils.compat import uuid7

from api.problems import BodyTooLarge, Invalid, NotFound
from catalog.errors import TooManyImages
from catalog.images import keys, pictures
from catalog.images.pictures import Picture
from catalog.models import Product, ProductImage
from catalog.products.services import Check, change_product
from storage import bucket

log = logging.getLogger(__name__)

MAX_IMAGES = 20
"""Images of one product."""


@dataclass
class Upload:
    """A picture that was looked at and lies in the bucket, and is not yet an image of the product."""

    product_id: UUID
    image_id: UUID
    key: str
    picture: Picture
    attached: bool = False


@contextmanager
def uploaded(*, product_id: UUID, content: bytes) -> Iterator[Upload]:
    """Checks and stores a picture, to be attached within the block; not attached, it is deleted again.

    Enter it outside any transaction. Raises BadImage (400), BodyTooLarge (413) over 10 MiB, and
    `storage.bucket.Unavailable` (503).
    """
    if len(content) > pictures.MAX_BYTES:
        raise BodyTooLarge
    _outside()
    picture = pictures.examined(content)
    image_id = uuid7()
    key = keys.of_original(product_id, image_id, sha256=picture.sha256, extension=picture.extension)
    with bucket.answerable():
        bucket.store(key, content, content_type=picture.content_type)
    upload = Upload(product_id, image_id, key, picture)
    try:
        yield upload
    finally:
        # What was attached stays, whatever is raised: a commit whose answer was lost may well have happened.
        if not upload.attached:
            discard([key])


@transaction.atomic
def attach(
    upload: Upload, *, alt: str = "", position: int | None = None, by: str, unless_overtaken: Check | None = None
) -> ProductImage:
    """Makes the upload an image of its product, at `position` (0 is the first) or the last.

    Raises NotFound where the product is gone, TooManyImages (409), and Overtaken (412).
    """
    picture = upload.picture
    image = ProductImage(
        id=upload.image_id,
        product_id=upload.product_id,
        alt=alt,
        key=upload.key,
        content_type=picture.content_type,
        width=picture.width,
        height=picture.height,
        size=len(picture.content),
        sha256=picture.sha256,
    )

    def work(product: Product) -> None:
        there = list(product.images.all())
        if len(there) >= MAX_IMAGES:
            raise TooManyImages(f"A product has at most {MAX_IMAGES} images.")
        image.position = len(there)
        image.save(force_insert=True)
        _place([*there, image], image, position)

    change_product(product_id=upload.product_id, work=work, by=by, unless_overtaken=unless_overtaken)
    upload.attached = True
    return image


def add_image(*, product_id: UUID, content: bytes, alt: str = "", position: int | None = None, by: str) -> ProductImage:
    """`uploaded` and `attach` in one call, in a transaction of its own."""
    with uploaded(product_id=product_id, content=content) as upload, transaction.atomic(durable=True):
        return attach(upload, alt=alt, position=position, by=by)


@transaction.atomic
def change_image(
    *,
    product_id: UUID,
    image_id: UUID,
    alt: str | None = None,
    position: int | None = None,
    by: str,
    unless_overtaken: Check | None = None,
) -> ProductImage:
    """Gives an image another text, or another place among the product's; None leaves it. Raises NotFound."""
    changed: list[ProductImage] = []

    def work(product: Product) -> None:
        there = list(product.images.all())
        image = _one(there, image_id)
        if alt is not None:
            image.alt = alt
            image.save(update_fields=["alt"])
        if position is not None:
            _place(there, image, position)
        changed.append(image)

    change_product(product_id=product_id, work=work, by=by, unless_overtaken=unless_overtaken)
    return changed[0]


@transaction.atomic
def reorder(*, product_id: UUID, image_ids: Sequence[UUID], by: str, unless_overtaken: Check | None = None) -> None:
    """Puts the product's images into this order. Raises Invalid unless `image_ids` names each of them once."""

    def work(product: Product) -> None:
        there = {image.id: image for image in product.images.all()}
        if len(image_ids) != len(there) or set(image_ids) != there.keys():
            raise Invalid("images", "not_the_images", "Name every image of the product once.")
        _number([there[image_id] for image_id in image_ids])

    change_product(product_id=product_id, work=work, by=by, unless_overtaken=unless_overtaken)


@transaction.atomic
def arrange(*, product_id: UUID, wanted: Sequence[tuple[UUID, str]], by: str) -> None:
    """The product's images become those `wanted`, in this order and with these texts; others of it are removed.

    One change, however much of it differs. Raises Invalid for what is no image of the product, or stands twice.
    """

    def work(product: Product) -> None:
        there = {image.id: image for image in product.images.all()}
        if len({image_id for image_id, _ in wanted} & there.keys()) != len(wanted):
            raise Invalid("images", "not_the_images", "Name images of the product, each once.")
        for image_id, alt in wanted:
            if there[image_id].alt != alt:
                there[image_id].alt = alt
                there[image_id].save(update_fields=["alt"])
        stay = [there.pop(image_id) for image_id, _ in wanted]
        for image in there.values():
            _remove(image)
        _number(stay)

    change_product(product_id=product_id, work=work, by=by)


@transaction.atomic
def remove_image(*, product_id: UUID, image_id: UUID, by: str, unless_overtaken: Check | None = None) -> None:
    """Takes an image away; its objects go once that is committed. Raises NotFound."""

    def work(product: Product) -> None:
        there = list(product.images.all())
        image = _one(there, image_id)
        _remove(image)
        _number([other for other in there if other is not image])

    change_product(product_id=product_id, work=work, by=by, unless_overtaken=unless_overtaken)


def discard(objects: Sequence[str]) -> None:
    """Deletes objects that no row names. Where S3 cannot be reached they stay for the sweep, and nobody is refused."""
    try:
        bucket.delete(objects)
    except (BotoCoreError, ClientError) as error:
        log.warning("left for the sweep: %s: %s", ", ".join(objects), error)


def _outside() -> None:
    blocks = transaction.get_connection().atomic_blocks
    if blocks and not blocks[-1]._from_testcase:  # as Django's `durable` sees it
        raise RuntimeError("An upload is stored outside any transaction: enter `uploaded` before it.")


def _one(images: Sequence[ProductImage], image_id: UUID) -> ProductImage:
    for image in images:
        if image.id == image_id:
            return image
    raise NotFound("The product has no such image.")


def _remove(image: ProductImage) -> None:
    objects = {image.key, keys.of_thumbnail(image.key)}  # a worker may be making the thumbnail at this moment
    image.delete()
    transaction.on_commit(partial(discard, sorted(objects)))


def _place(images: Sequence[ProductImage], image: ProductImage, position: int | None) -> None:
    others = [other for other in images if other is not image]
    at = len(others) if position is None else min(position, len(others))
    _number([*others[:at], image, *others[at:]])


def _number(images: Sequence[ProductImage]) -> None:
    """Positions from 0 on, without a gap, in this order."""
    moved = []
    for position, image in enumerate(images):
        if image.position != position:
            image.position = position
            moved.append(image)
    ProductImage.objects.bulk_update(moved, ["position"])
