"""What Pillow makes of bytes that somebody sent: what picture they are, and a small one of it.

Nothing is believed but the content: neither a name nor a content type that came with it. What an image claims of its
size is read from its header, before a pixel is decoded, so that a small file cannot become a large memory.
"""

from __future__ import annotations

import hashlib
import io
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from celery.exceptions import SoftTimeLimitExceeded
from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError

from catalog.errors import BadImage

log = logging.getLogger(__name__)

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 25_000_000
THUMBNAIL = 480
"""The longer side of a thumbnail, in pixels."""
QUALITY = 80
READABLE = ("JPEG", "PNG", "WEBP", "GIF")
FORMATS = {
    "JPEG": ("image/jpeg", "jpg"),
    "MPO": ("image/jpeg", "jpg"),  # a JPEG with more pictures behind it, as phones make them
    "PNG": ("image/png", "png"),
    "WEBP": ("image/webp", "webp"),
    "GIF": ("image/gif", "gif"),
}
"""What Pillow calls what it has read → its content type and its extension."""
CONTENT_TYPES = {extension: content_type for content_type, extension in FORMATS.values()}
RESIZED_AS_THEY_ARE = frozenset({"L", "LA", "RGB", "RGBA", "CMYK"})
"""Pillow's modes that can be made smaller without harm. A palette, say, has to become colours before."""

_decoding = threading.Lock()
"""One picture at a time in each process, for any number of threads: a WebP of 25 megapixels takes 390 MiB."""


@dataclass(frozen=True)
class Picture:
    """A picture that was looked at: its bytes, content type and extension, width and height in pixels, SHA-256."""

    content: bytes
    content_type: str
    extension: str
    width: int
    height: int
    sha256: str


def examined(content: bytes) -> Picture:
    """Raises BadImage for anything but a whole JPEG, PNG, WebP or GIF of at most `MAX_PIXELS`."""
    with _opened(content) as image:
        width, height = image.size
        # JPEG can decode an eighth of each side, which reads all of the file for a 64th of the memory.
        image.draft(None, (width // 8, height // 8))
        image.load()
        content_type, extension = FORMATS[str(image.format)]
    return Picture(content, content_type, extension, width, height, hashlib.sha256(content).hexdigest())


def thumbnail(content: bytes) -> bytes:
    """A WebP of at most `THUMBNAIL` pixels each way, upright, in sRGB, transparent where the picture is.

    Of an animation it is the first frame. Raises BadImage.
    """
    with _opened(content) as image:
        small = image if image.mode in RESIZED_AS_THEY_ARE else _in_colours(image)
        small.thumbnail((THUMBNAIL, THUMBNAIL), reducing_gap=2.0)
        small = _in_srgb(ImageOps.exif_transpose(small))
        written = io.BytesIO()
        small.save(written, "WEBP", quality=QUALITY, exif=b"", icc_profile=b"")
    return written.getvalue()


@contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    """The picture with only its header read. What its decoder raises in the block becomes BadImage."""
    if not content:
        raise BadImage("The file is empty.")
    with _decoding:
        lenient, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False  # WeasyPrint sets it, for all
        try:
            with Image.open(io.BytesIO(content), formats=READABLE) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise BadImage(_too_many(width * height))
                yield image
        except (BadImage, MemoryError, SoftTimeLimitExceeded):  # the last two are no fault of the picture's
            raise
        except UnidentifiedImageError:
            raise BadImage("It is no JPEG, PNG, WebP or GIF.") from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise BadImage(_too_many()) from None
        except Exception as error:  # a decoder raises whatever a damaged file leads it to
            log.info("a picture cannot be decoded: %s: %s", type(error).__name__, error)
            raise BadImage("The picture is damaged or incomplete: it cannot be decoded.") from error
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = lenient


def _too_many(pixels: int = 0) -> str:
    has = f"It has {pixels:,} pixels" if pixels else "It has far too many pixels"
    return f"{has}; {MAX_PIXELS:,} are the most that a picture may have."


def _in_colours(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):  # Pillow would cut off at 255 instead of scaling
        return image.point(lambda value: value * (1 / 256)).convert("L")
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _in_srgb(image: Image.Image) -> Image.Image:
    """In the colours that every browser shows alike: by the picture's own profile, where it has one that is whole."""
    mode = "RGBA" if image.has_transparency_data else "RGB"
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK"):
        try:
            made = ImageCms.profileToProfile(
                image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode=mode
            )
            return made or image
        except (ImageCms.PyCMSError, OSError) as error:
            log.info("a picture's colour profile is not used: %s", error)
    return image.convert(mode)
