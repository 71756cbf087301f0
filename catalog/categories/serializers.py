"""What the category calls take, checked, and what they answer, as the OpenAPI document tells it."""

from __future__ import annotations

from rest_framework import serializers

from api.serializers import StrictSerializer, TextField
from catalog.products.shapes import CategoryBrief


class NewCategory(StrictSerializer):
    name = TextField(max_length=120)
    slug = serializers.SlugField(required=False, max_length=140, help_text="Left out, made from the name.")
    parent_id = TextField(
        source="parent", default=None, allow_null=True, max_length=140, help_text="The parent's id or slug."
    )


class CategoryShape(CategoryBrief):
    parent_id = serializers.UUIDField(allow_null=True)


class CategoryPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CategoryShape(many=True)
