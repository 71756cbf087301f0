"""What every list of the catalog's admin has in common."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin
from unfold.views import ChangeList


class StrictChangeList(ChangeList):  # type: ignore[misc]  # untyped package
    def get_filters_params(self, params: Any = None) -> Any:
        """An address that no filter makes leads to the whole list: PostgreSQL's texts hold no NUL."""
        if any("\0" in value for values in self.filter_params.values() for value in values):
            raise IncorrectLookupParameters
        return super().get_filters_params(params)


class ListAdmin(ModelAdmin):  # type: ignore[misc]  # untyped package
    list_per_page = 50
    show_full_result_count = False  # counting a whole table takes longer than the page
    show_facets = admin.ShowFacets.NEVER

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StrictChangeList]:
        return StrictChangeList

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Rows that the page did not offer, because their keys are none, are not chosen."""
        try:
            for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(key)
        except ValidationError:
            messages.error(request, "Choose rows of this list.")
            return HttpResponseRedirect(request.get_full_path())
        answer: HttpResponse | None = super().response_action(request, queryset)
        return answer
