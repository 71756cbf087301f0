"""What the image calls take, checked."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import IntegerField, LineField, StrictSerializer
from catalog.images.services import MAX_IMAGES

MAX_ALT = 200
ALT = "What it shows, for who cannot see it."
PLACE = "0 is the first; without it, or beyond the end, it is the last."


class PlaceField(IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=MAX_IMAGES - 1, **kwargs)


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": MAX_IMAGES - 1})
class WrittenPlaceField(PlaceField):
    """As a part of a form, which knows texts only."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, str) or not data.isascii() or not data.isdigit() or len(data) > 4:
            self.fail("invalid")
        return super().to_internal_value(int(data))


class NewImage(StrictSerializer):
    # An empty file is refused as the bad image that it is.
    image = serializers.FileField(
        allow_empty_file=True, help_text="JPEG, PNG, WebP or GIF, up to 10 MiB and 25 megapixels."
    )
    alt = LineField(required=False, allow_blank=True, max_length=MAX_ALT, help_text=ALT)
    position = WrittenPlaceField(required=False, help_text=PLACE)


class ImageChange(StrictSerializer):
    alt = LineField(required=False, allow_blank=True, max_length=MAX_ALT, help_text=ALT)
    position = PlaceField(required=False, help_text=PLACE)
