"""What the category calls take, checked, and what they answer, as the OpenAPI document tells it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import ChoiceField, LineField, ListField, StrictSerializer, TextField
from catalog.categories.attributes import Definition
from catalog.models import CategoryAttribute
from catalog.models.categories import validate_attribute_name
from catalog.products.fields import MAX_ATTRIBUTE_NAME, MAX_ATTRIBUTES
from catalog.products.shapes import CategoryBrief

MAX_CHOICES, MAX_CHOICE = 100, 100
PARENT = "The parent's id or slug."


class AttributeDefinition(StrictSerializer):
    """An attribute that products of the category, and of all below it, may have; its values are of this type alone."""

    told = {
        "if": {"properties": {"type": {"const": CategoryAttribute.Kind.CHOICE.value}}},
        "then": {"properties": {"choices": {"minItems": 1, "uniqueItems": True}}, "required": ["choices"]},
        "else": {"properties": {"choices": {"maxItems": 0}}},
    }

    name = TextField(max_length=MAX_ATTRIBUTE_NAME, validators=[validate_attribute_name])
    type = ChoiceField(CategoryAttribute.Kind.choices)
    choices = ListField(
        child=LineField(max_length=MAX_CHOICE), default=list, max_length=MAX_CHOICES, help_text="Of type choice."
    )

    def validate_choices(self, choices: list[str]) -> list[str]:
        if len(set(choices)) != len(choices):
            raise serializers.ValidationError("A choice stands twice.", "repeated")
        return choices

    def validate(self, attrs: dict[str, Any]) -> Any:
        if attrs["type"] == CategoryAttribute.Kind.CHOICE and not attrs["choices"]:
            raise serializers.ValidationError({"choices": [serializers.ErrorDetail("Say what there is.", "required")]})
        if attrs["type"] != CategoryAttribute.Kind.CHOICE and attrs["choices"]:
            only = serializers.ErrorDetail("Only the type choice has choices.", "invalid")
            raise serializers.ValidationError({"choices": [only]})
        return attrs


class AttributeDefinitions(ListField):
    def __init__(self, **kwargs: Any) -> None:
        told = "All that it defines. What products have already stays as it is until it is written anew."
        super().__init__(child=AttributeDefinition(), max_length=MAX_ATTRIBUTES, help_text=told, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        found = [Definition(one["name"], one["type"], tuple(one["choices"])) for one in super().to_internal_value(data)]
        if len({one.name for one in found}) != len(found):
            raise serializers.ValidationError("An attribute stands twice.", "repeated")
        return found


class NewCategory(StrictSerializer):
    """What POST and PUT take."""

    name = LineField(max_length=120)
    slug = serializers.SlugField(required=False, max_length=140, help_text="Left out, made from the name, once.")
    parent_id = TextField(source="parent", default=None, allow_null=True, max_length=140, help_text=PARENT)
    attributes = AttributeDefinitions(default=list)


class CategoryChange(StrictSerializer):
    """Fields to change; the others stay."""

    name = LineField(required=False, max_length=120)
    slug = serializers.SlugField(required=False, max_length=140)
    parent_id = TextField(source="parent", required=False, allow_null=True, max_length=140, help_text=PARENT)
    attributes = AttributeDefinitions(required=False)


class AttributeShape(serializers.Serializer[object]):
    name = serializers.CharField()
    type = serializers.ChoiceField(CategoryAttribute.Kind.choices)
    choices = serializers.ListField(child=serializers.CharField(), help_text="Empty but for the type choice.")


class CategoryShape(CategoryBrief):
    parent_id = serializers.UUIDField(allow_null=True)
    attributes = AttributeShape(many=True, help_text="Defined here; those of the categories above hold as well.")


class CategoryPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CategoryShape(many=True)
