"""Who may look at the catalog, and who may change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts.permissions import ChangesCatalog, Holds
from accounts.rights import Right

if TYPE_CHECKING:
    from rest_framework.views import APIView


class Members(Holds):
    rights = (Right.OWN, Right.READ_CATALOG)


class Catalog(ChangesCatalog):
    """Staff may write. Anyone may read, or everybody who is signed in, as CATALOG_SIGNED_IN_ONLY says."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method not in SAFE_METHODS:
            return super().has_permission(request, view)
        return not settings.CATALOG_SIGNED_IN_ONLY or Members().has_permission(request, view)
