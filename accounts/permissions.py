"""Who may call a view."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.errors import InsufficientScope
from accounts.rights import OF_ROLE, Right, may, scope_for

if TYPE_CHECKING:  # the framework's views import this module by its settings
    from rest_framework.views import APIView


class Anyone(BasePermission):
    """Guests included."""


class Holds(BasePermission):
    """Whoever holds one of `rights`; where `guests` are welcome, also who does not say who they are."""

    rights: ClassVar[tuple[Right, ...]]
    guests = False

    def has_permission(self, request: Request, view: APIView) -> bool:
        if not request.user.is_authenticated:
            return self.guests
        if may(request.user, *self.rights):
            return True
        if (problem := lacking(request.user, *self.rights)) is not None:
            raise problem
        return False


def lacking(user: object, *rights: Right) -> InsufficientScope | None:
    """Why it is the token's fault, where somebody may do one of these, and not by this token."""
    role = getattr(user, "role", None)
    if role is None or may(user, *rights):
        return None
    could = [right for right in rights if right in OF_ROLE[role]]
    return InsufficientScope(scope_for(role, could[0])) if could else None


class SignedIn(Holds):
    """Customers; staff and admins too, for what is their own."""

    rights = (Right.OWN,)


class ReadsCatalog(Holds):
    rights = (Right.READ_CATALOG,)


class ChangesCatalog(Holds):
    rights = (Right.CHANGE_CATALOG,)


class ReadsOrders(Holds):
    """Everybody's orders."""

    rights = (Right.READ_ORDERS,)


class ChangesOrders(Holds):
    rights = (Right.CHANGE_ORDERS,)


class ReadsTheirOrders(Holds):
    """Customers, and who reads everybody's: the query finds what is theirs."""

    rights = (Right.OWN, Right.READ_ORDERS)


class ChangesTheirOrders(Holds):
    rights = (Right.OWN, Right.CHANGE_ORDERS)


class GuestReadsTheirOrders(ReadsTheirOrders):
    """The same, and guests, who have a tracking token."""

    guests = True


class GuestPlacesOrders(ChangesTheirOrders):
    guests = True
