"""Attributes as people write them: a line each, `colour = red`, instead of JSON."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminTextareaWidget

from catalog.products.fields import MAX_ATTRIBUTE_NAME, MAX_ATTRIBUTE_TEXT, MAX_ATTRIBUTES

HELP = "One a line: colour = red. Numbers, true and false are kept as such; in quotes they are text: size = “42”."


class AttributesField(forms.CharField):
    """Shows a dict of attributes as lines, and makes a dict of lines."""

    def __init__(self, *, rows: int = 4, help_text: str = HELP.replace("“", '"').replace("”", '"')) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": rows, "spellcheck": "false"})
        super().__init__(required=False, widget=widget, help_text=help_text)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value  # what was typed in, when the form comes back with errors
        return "\n".join(f"{name} = {_written(one)}" for name, one in value.items())

    def to_python(self, value: Any) -> Any:
        attributes: dict[str, Any] = {}
        for number, line in enumerate((value or "").splitlines(), start=1):
            if not line.strip():
                continue
            name, sign, text = (part.strip() for part in line.partition("="))
            if not sign or not name:
                raise ValidationError(f"Line {number}: write “name = value”.", "no_attribute")
            if name in attributes:
                raise ValidationError(f"Line {number}: {name} stands twice.", "repeated")
            if len(name) > MAX_ATTRIBUTE_NAME:
                raise ValidationError(f"Line {number}: a name has at most {MAX_ATTRIBUTE_NAME} characters.", "long")
            if len(text) > MAX_ATTRIBUTE_TEXT:
                raise ValidationError(f"Line {number}: a value has at most {MAX_ATTRIBUTE_TEXT} characters.", "long")
            attributes[name] = _read(text)
        if len(attributes) > MAX_ATTRIBUTES:
            raise ValidationError(f"There are at most {MAX_ATTRIBUTES} attributes.", "too_many")
        return attributes

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return _canonical(initial or {}) != _canonical(self.to_python(data))
        except ValidationError:
            return True


def _canonical(attributes: Any) -> str:
    return json.dumps(attributes, sort_keys=True)  # as JSON, for to Python 1 and true are equal


def _written(value: Any) -> str:
    plain = isinstance(value, str) and value == value.strip() and len(value.splitlines()) < 2 and _read(value) == value
    return value if plain else json.dumps(value, ensure_ascii=False)


def _read(text: str) -> Any:
    """What is JSON is taken as that, everything else as text."""
    try:
        return json.loads(text, parse_constant=str)
    except (ValueError, RecursionError):
        return text
