"""The tree of categories: a list in its order, and a page to rename, move and define attributes by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from api.problems import Overtaken, Problem
from catalog.admin.changes import history_url
from catalog.admin.definition_rows import DefinitionFormSet, DefinitionInline
from catalog.admin.lists import ListAdmin
from catalog.admin.overtaken import SeenVersion, shows_version, unless_later_than
from catalog.admin.refusals import complaints, remember, remembered, tell
from catalog.admin.shown import link, list_url
from catalog.admin.staff import email_of
from catalog.admin.tree import DEFINED, IN_BRANCH, IN_ITSELF, PLACE, indented
from catalog.categories import services
from catalog.models import Category
from catalog.products.queries import branch_of


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic class at run time
    seen = SeenVersion()
    refused: Problem | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.instance.version
        if "parent" in self.fields:
            own = set() if self.instance._state.adding else set(branch_of(str(self.instance.pk)))
            choices = [("", "At the top of the tree"), *(place for place in indented() if place[0] not in own)]
            cast("forms.ModelChoiceField[Category]", self.fields["parent"]).choices = choices

    def clean(self) -> None:
        super().clean()
        for field, message in complaints(self.refused):
            tell(self, field, message, parent_id="parent")
        if isinstance(self.refused, Overtaken):
            shows_version(self, self.instance.version)


@admin.register(Category)
class CategoryAdmin(ListAdmin):
    form = CategoryForm
    fields = ("name", "slug", "parent")
    list_display = ("shown_name", "slug", "shown_products", "in_itself", "defines")
    list_display_links = ("shown_name",)
    list_per_page = 200
    search_fields = ("name", "slug")
    search_help_text = "Name or slug"
    ordering = (PLACE,)
    prepopulated_fields = {"slug": ("name",)}
    inlines = (DefinitionInline,)
    warn_unsaved_form = True
    change_form_before_template = "admin/catalog/product/version.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        rows: QuerySet[Category] = super().get_queryset(request)
        return rows.annotate(place=PLACE, in_branch=IN_BRANCH, own=IN_ITSELF, defined=DEFINED)

    @display(description="category")  # type: ignore[untyped-decorator]
    def shown_name(self, category: Category) -> SafeString:
        depth = len(getattr(category, "place", "x")) - 1
        return format_html('<span class="catalog-depth" style="--depth: {}">{}</span>', depth, category.name)

    @display(description="products")  # type: ignore[untyped-decorator]
    def shown_products(self, category: Category) -> SafeString | str:
        """With those of the categories below it."""
        number = getattr(category, "in_branch", 0)
        return link(list_url("catalog_product", category=category.pk), number) if number else "0"

    @display(description="of its own")  # type: ignore[untyped-decorator]
    def in_itself(self, category: Category) -> int:
        return getattr(category, "own", 0)

    @display(description="defines", empty_value="")  # type: ignore[untyped-decorator]
    def defines(self, category: Category) -> str:
        return getattr(category, "defined", None) or ""

    def get_form(self, request: HttpRequest, obj: Category | None = None, **kwargs: Any) -> type[CategoryForm]:
        form: type[CategoryForm] = super().get_form(request, obj, **kwargs)
        form.refused = remembered(request)
        return form

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return cast(HttpResponse, super().changeform_view(request, *args, **kwargs))
        except Problem as problem:
            remember(request, problem)
            return cast(HttpResponse, super().changeform_view(request, *args, **kwargs))

    def save_model(self, request: HttpRequest, obj: Category, form: Any, change: bool) -> None:
        """Waits for the definitions: `save_related` hands both to the service."""

    def save_related(
        self, request: HttpRequest, form: Any, formsets: Sequence[BaseInlineFormSet[Any, Any, Any]], change: bool
    ) -> None:
        (definitions,) = formsets
        definitions.save(commit=False)  # for the admin's own log
        parent = form.cleaned_data["parent"]
        facts = {
            "name": form.cleaned_data["name"],
            "slug": form.cleaned_data["slug"],
            "parent": str(parent.pk) if parent else None,
            "attributes": cast(DefinitionFormSet, definitions).definitions(),
        }
        by = email_of(request)
        if not change:
            form.instance.pk = services.create_category(**facts, by=by).pk
            return
        services.update_category(
            category_id=form.instance.pk,
            facts=facts,
            by=by,
            unless_overtaken=unless_later_than(form.cleaned_data["seen"]),
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Only the categories themselves: the service refuses while anything is in them, however much that is."""
        return [str(category) for category in objs], {"categories": len(objs)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Category) -> None:
        services.delete_category(category_id=obj.pk, by=email_of(request))

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return cast(HttpResponse, super().delete_view(request, object_id, extra_context))
        except Problem as problem:
            self.message_user(request, f"It stays. {problem.detail}", messages.ERROR)
            return HttpResponseRedirect(reverse("admin:catalog_category_change", args=[object_id]))

    def get_actions(self, request: HttpRequest) -> Any:
        return {}  # each is deleted on its own page, where what is in it can be seen

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return HttpResponseRedirect(history_url(object_id))
