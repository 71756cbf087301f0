"""Deleting somebody's account in the admin, for who asks by mail."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from accounts.models import User
from accounts.own_data.erasing import erase_account
from api.problems import Problem


@admin.action(description="Delete the account…", permissions=["change"])
def delete_account(admin: ModelAdmin, request: HttpRequest, users: QuerySet[User]) -> TemplateResponse | None:
    """Asks first: it cannot be undone. One at a time, so that nobody is ticked by mistake."""
    chosen = list(users[:2])
    if len(chosen) != 1:
        messages.error(request, "Choose one account.")
        return None
    (user,) = chosen
    if user.deleted_at is not None or not admin.has_change_permission(request, user):
        messages.error(request, f"{user.email}: this account is not yours to delete, or is deleted already.")
        return None
    if "confirmed" in request.POST:
        _delete(admin, request, user)
        return None
    context: dict[str, Any] = {
        **admin.admin_site.each_context(request),
        "title": f"Delete the account of {user.email}",
        "opts": admin.opts,
        "media": admin.media,
        "user_id": user.pk,
        "checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return TemplateResponse(request, "admin/accounts/user/delete_account.html", context)


def _delete(admin: ModelAdmin, request: HttpRequest, user: User) -> None:
    try:
        with transaction.atomic():
            erase_account(user_id=user.pk)
            user.refresh_from_db()
            admin.log_change(request, user, "Deleted the account.")
    except Problem as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, "The account is deleted.")
