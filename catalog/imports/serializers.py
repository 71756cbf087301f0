"""What the import calls take, checked, and what they answer, as the OpenAPI document tells it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ParseError

from api.parsers import loads
from api.serializers import ChoiceField, StrictSerializer, TextField
from catalog.imports.columns import ATTRIBUTE, FIXED, is_column
from catalog.models import Import, Product
from catalog.products.fields import FlagField

MAX_MAPPED, MAX_NAME = 100, 200


@extend_schema_field({"type": "string", "contentMediaType": "application/json"})
class MappingField(TextField):
    """A JSON object as text: our column → the file's."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            mapping = loads(super().to_internal_value(data).encode())
        except ParseError as error:
            said = str(error.detail).replace("The body", "It")
            raise serializers.ValidationError(said, "invalid_json") from None
        if not isinstance(mapping, dict) or len(mapping) > MAX_MAPPED:
            raise serializers.ValidationError(f"It is a JSON object of at most {MAX_MAPPED} columns.", "invalid")
        for ours, theirs in mapping.items():
            if not is_column(ours):
                known = f"{', '.join(FIXED)}, {ATTRIBUTE}<name>"
                raise serializers.ValidationError(f"{ours[:60]!r} is no column of ours: {known}.", "unknown_column")
            if not isinstance(theirs, str) or not 1 <= len(theirs.strip()) <= MAX_NAME:
                raise serializers.ValidationError(f"{ours[:60]}: name a column of the file.", "invalid")
        return mapping


class NewImport(StrictSerializer):
    file = serializers.FileField(help_text="CSV, at most 50 MiB.", allow_empty_file=True, max_length=None)
    dry_run = FlagField(required=False, help_text="true: every row is checked, and nothing changed.")
    mapping = MappingField(
        required=False,
        max_length=20_000,
        help_text='Our column → the file\'s, such as `{"code": "StockCode"}`; columns that it leaves out are ignored.',
    )


class ExportQuery(StrictSerializer):
    category = TextField(required=False, max_length=140, help_text="A category's id or slug: it and all below it.")
    status = ChoiceField(Product.Status.choices, required=False)


class RejectedShape(serializers.Serializer[object]):
    row = serializers.IntegerField(help_text="The line of the file where the row begins; the header's is 1.")
    column = serializers.CharField(help_text="Empty where the row as a whole is meant.")
    code = serializers.CharField()
    message = serializers.CharField()


class ImportBrief(serializers.Serializer[object]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(Import.Kind.choices)
    status = serializers.ChoiceField(Import.Status.choices)
    dry_run = serializers.BooleanField()
    filename = serializers.CharField()
    mapping = serializers.DictField(child=serializers.CharField())
    encoding = serializers.CharField(allow_null=True, help_text="How the text was read, once that is known.")
    separator = serializers.CharField(allow_null=True, help_text="comma, semicolon or tab.")
    rows = serializers.IntegerField()
    done = serializers.IntegerField()
    created = serializers.IntegerField(help_text="Rows that made a variant, and with it perhaps its product.")
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected_count = serializers.IntegerField(help_text="Rows; `rejected` may have several entries for one.")
    error = serializers.CharField(allow_null=True, help_text="Why it failed as a whole.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class ImportShape(ImportBrief):
    rejected = RejectedShape(many=True, help_text="The first 1000; the admin has a report of all.")


class ImportPage(serializers.Serializer[object]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ImportBrief(many=True)
