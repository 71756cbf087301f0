"""Editing price and status in the list of products: the rows that were changed are saved together, or none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.forms.models import BaseModelFormSet
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from api.problems import Overtaken, Problem
from catalog.admin.overtaken import SeenVersion, shows_version, told
from catalog.admin.refusals import tell
from catalog.models import Product
from catalog.money import rounded
from catalog.products.bulk import change_products

OWN_NAMES = {"price": "shown_price"}


class ProductRow(forms.ModelForm):  # type: ignore[type-arg]  # not a generic class at run time
    """A row. What each field showed comes back with it (`show_hidden_initial`): a row that nobody touched is no
    change, even where somebody else has changed that product since.
    """

    shown_price = forms.DecimalField(
        label="price",
        max_digits=14,
        decimal_places=3,
        min_value=0,
        show_hidden_initial=True,
        widget=UnfoldAdminTextInputWidget(attrs={"class": "catalog-price", "inputmode": "decimal"}),
    )
    status = forms.ChoiceField(
        choices=Product.Status.choices, show_hidden_initial=True, widget=UnfoldAdminSelectWidget()
    )
    seen = SeenVersion()

    class Meta:
        model = Product
        fields = ("status",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        product = self.instance
        self.initial["seen"] = product.version
        for name in ("shown_price", "status"):
            self.fields[name].widget.attrs["aria-label"] = f"{name.removeprefix('shown_')} of {product.name}"
        if product._state.adding or len(product.variants.all()) != 1:
            del self.fields["shown_price"]  # each of several variants has its own, on the product's page
        else:
            self.initial["shown_price"] = rounded(product.price, product.currency)
            self.fields["shown_price"].widget.attrs["suffix"] = product.currency

    def lost_price(self) -> bool:
        """Whether a price was typed in for what has several variants by now."""
        name = self.add_prefix("shown_price")
        return "shown_price" not in self.fields and self.data.get(name) != self.data.get(f"initial-{name}")

    def change(self) -> Mapping[str, Any]:
        """What the service is asked for."""
        facts = {name: self.cleaned_data[name] for name in self.changed_data}
        if "shown_price" in facts:
            facts["price"] = facts.pop("shown_price")
        return {"id": self.instance.pk, "if_match": f'"{self.cleaned_data["seen"]}-"', **facts}


class ProductRows(BaseModelFormSet):  # type: ignore[type-arg]  # not a generic class at run time
    """Validates the rows, and as its last check has the service save them: what that refuses stands at its row."""

    by: str
    forms: list[ProductRow]  # type: ignore[assignment]

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        try:
            return super()._construct_form(i, **kwargs)  # type: ignore[misc]
        except IndexError:
            raise BadRequest("The form has more rows than there are products.") from None

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        # Django's own field would look each row up once more.
        form.fields["id"] = forms.UUIDField(initial=form.instance.pk, widget=forms.HiddenInput)

    def clean(self) -> None:
        for form in self.forms:
            if form.instance._state.adding:
                form.add_error(None, "It has been deleted since the list was opened.")
            elif form.lost_price():
                form.add_error(None, "It has several variants by now: change their prices on its page.")
        changed = [form for form in self.forms if form.has_changed()]
        if not changed or any(form.errors for form in self.forms):
            return
        try:
            change_products(changes=[form.change() for form in changed], by=self.by)
        except Problem as problem:
            for error in problem.errors or []:
                number, _, field = error["field"].removeprefix("changes.").partition(".")
                row = changed[int(number)]
                if error["code"] == Overtaken.code:
                    row.add_error(None, told(row.instance.pk, row.instance.version - (row.cleaned_data["seen"] or 0)))
                    shows_version(row, row.instance.version)
                else:
                    tell(row, field, error["message"], **OWN_NAMES)
