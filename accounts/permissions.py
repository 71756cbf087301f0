"""Who may call a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

if TYPE_CHECKING:  # the framework's views import this module by its settings
    from rest_framework.views import APIView


class Anyone(BasePermission):
    """Guests included."""


class SignedIn(BasePermission):
    """Customers, staff and admins."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.is_authenticated)


class StaffOnly(SignedIn):
    """Staff and admins."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and bool(getattr(request.user, "is_staff", False))


class StaffOrReadOnly(StaffOnly):
    """Anyone may read, staff may write."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method in SAFE_METHODS or super().has_permission(request, view)
