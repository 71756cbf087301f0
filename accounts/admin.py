from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from accounts.models import User
from accounts.own_data.admin import delete_account
from accounts.rights import Role

ROLE_COLOURS = {
    "admin": "danger",
    "staff": "info",
    "catalog": "info",
    "support": "info",
    "customer": "success",
    "service": "warning",
}

admin.site.unregister(Group)  # roles come from Cognito's groups; a second kind of group would only mislead


@admin.register(User)
class UserAdmin(ModelAdmin):  # type: ignore[misc]  # untyped package
    """Cognito owns addresses, passwords and roles: here a person is found, named, and blocked or let in."""

    list_display = ("email", "name", "shown_role", "shown_state", "created_at")
    list_filter = ("is_active", "is_staff", "limited_to", "is_superuser")
    search_fields = ("email", "name", "cognito_sub")
    ordering = ("-id",)
    fields = ("email", "name", "language", "is_active", "shown_role", "cognito_sub", "created_at", "last_login")
    readonly_fields = ("email", "shown_role", "cognito_sub", "created_at", "last_login")
    actions = ("block", "let_in", "release_sign_in", delete_account)
    show_full_result_count = False

    @display(description="role", label=ROLE_COLOURS)  # type: ignore[untyped-decorator]
    def shown_role(self, user: User) -> str:
        return user.role

    @display(description="state", label={"allowed in": "success", "blocked": "danger", "deleted": "warning"})  # type: ignore[untyped-decorator]
    def shown_state(self, user: User) -> str:
        return "allowed in" if user.is_active else "deleted" if user.deleted_at else "blocked"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # people come from Cognito

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # an account's orders and invoices must keep their owner

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed: bool = super().has_change_permission(request, obj)
        return allowed and (obj is None or _may_change(request, obj))

    @admin.action(description="Block", permissions=["change"])
    def block(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self._set_active(request, users, allowed_in=False)

    @admin.action(description="Let in again", permissions=["change"])
    def let_in(self, request: HttpRequest, users: QuerySet[User]) -> None:
        self._set_active(request, users, allowed_in=True)

    @admin.action(description="Release the sign-in (the next verified one takes over)", permissions=["release"])
    def release_sign_in(self, request: HttpRequest, users: QuerySet[User]) -> None:
        """For an address whose Cognito user was made anew: until then the new one is refused with `email_taken`."""
        for user in users.exclude(cognito_sub=None).filter(deleted_at=None):
            self.log_change(request, user, f"Released from Cognito user {user.cognito_sub}.")
            user.cognito_sub = None
            user.save(update_fields=["cognito_sub"])

    def has_release_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "is_superuser", False))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Only what was changed: the rest may have become another since the page's request began."""
        changed = {field: getattr(obj, field) for field in form.changed_data}
        if changed and not _write(obj, **changed):
            raise PermissionDenied

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> tuple[str, ...]:
        return ("email",)

    def _set_active(self, request: HttpRequest, users: QuerySet[User], *, allowed_in: bool) -> None:
        changed = 0
        for user in users.exclude(is_active=allowed_in):
            if not _may_change(request, user):
                messages.warning(request, f"{user.email}: staff are changed by an admin, and nobody by themselves.")
                continue
            if _write(user, is_active=allowed_in):
                self.log_change(request, user, "Let in." if allowed_in else "Blocked.")
                changed += 1
        messages.success(request, f"{changed} {'let in' if allowed_in else 'blocked'}.")


def _write(user: User, **facts: Any) -> bool:
    """In one conditional update: whoever waited for a deletion finds the account deleted, and brings nothing back."""
    return User.objects.filter(pk=user.pk, deleted_at=None).update(**facts) == 1


def _may_change(request: HttpRequest, user: User) -> bool:
    """Staff change customers; admins change everybody; nobody locks themselves out, and nobody is deleted twice."""
    if user.deleted_at is not None:  # nobody comes back
        return False
    is_admin = bool(getattr(request.user, "is_superuser", False))
    return user.pk != request.user.pk and (is_admin or user.role is Role.CUSTOMER)
