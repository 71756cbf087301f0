"""The rows of a category's page that define attributes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import BadRequest, ValidationError
from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet
from unfold.widgets import UnfoldAdminTextareaWidget

from catalog.categories.attributes import Definition
from catalog.categories.serializers import AttributeDefinition
from catalog.models import CategoryAttribute


class ChoicesField(forms.CharField):
    """A list of choices, one a line."""

    def __init__(self) -> None:
        widget = UnfoldAdminTextareaWidget(attrs={"rows": 3, "aria-label": "Choices, one a line"})
        super().__init__(required=False, label="choices, one a line", widget=widget)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((initial or []) != self.to_python(data))


class DefinitionForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic class at run time
    choices = ChoicesField()

    class Meta:
        model = CategoryAttribute
        fields = ("name", "type", "choices")

    def clean(self) -> None:
        """By the same rules as the API's bodies."""
        super().clean()
        if self.errors:
            return
        checked = AttributeDefinition(data={name: self.cleaned_data[name] for name in ("name", "type", "choices")})
        if not checked.is_valid():
            for field, messages in checked.errors.items():
                self.add_error(field if field in self.fields else None, _texts(messages))


class DefinitionFormSet(PaginationInlineFormSet):  # type: ignore[misc]  # untyped package
    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        try:
            return super()._construct_form(i, **kwargs)
        except IndexError:
            raise BadRequest("The form has more rows than the category defines attributes.") from None

    def clean(self) -> None:
        super().clean()
        if any("id" in form.errors for form in self.initial_forms):
            raise ValidationError("A definition has been removed since this page was opened. Open it anew.")

    def definitions(self) -> list[Definition]:
        """All that the category shall define."""
        rows = [form.cleaned_data for form in self.forms if form not in self.deleted_forms and form.cleaned_data]
        return [Definition(row["name"], row["type"], tuple(row["choices"])) for row in rows]


class DefinitionInline(TabularInline):  # type: ignore[misc]
    """They hold for the products of the category and of all below it."""

    model = CategoryAttribute
    form = DefinitionForm
    formset = DefinitionFormSet
    fields = ("name", "type", "choices")
    verbose_name = "attribute"
    verbose_name_plural = "attributes that its products have, and those of all categories below it"
    extra = 0
    hide_title = True


def _texts(messages: Any) -> list[str]:
    if isinstance(messages, dict):
        return [text for inner in messages.values() for text in _texts(inner)]
    return [str(message) for message in messages]
