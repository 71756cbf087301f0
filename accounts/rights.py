"""Who may do what: the one table that the API, the live feed and the admin read. `docs/accounts.md` tells it to people.

Pure data and a question to ask of it, so that any layer may.
"""

from __future__ import annotations

from collections.abc import Set
from enum import StrEnum


class Right(StrEnum):
    """A part of the shop, and what is done with it. What everybody may read needs no right."""

    OWN = "own"
    """To be a customer: to have a profile, orders and invoices of one's own."""
    READ_CATALOG = "catalog.read"
    """What of the catalog is not for everybody: drafts, imports, exports, the ledger."""
    CHANGE_CATALOG = "catalog.write"
    READ_ORDERS = "orders.read"
    """Everybody's orders and invoices, mails, and the customers themselves."""
    CHANGE_ORDERS = "orders.write"


class Role(StrEnum):
    """What a person is, by their groups in Cognito, which have the same names; or that it is no person."""

    CUSTOMER = "customer"
    CATALOG = "catalog"
    SUPPORT = "support"
    STAFF = "staff"
    ADMIN = "admin"
    SERVICE = "service"


CUSTOMER = frozenset({Right.OWN})
CATALOG = frozenset({Right.READ_CATALOG, Right.CHANGE_CATALOG})
ORDERS = frozenset({Right.READ_ORDERS, Right.CHANGE_ORDERS})

OF_ROLE: dict[Role, frozenset[Right]] = {
    Role.CUSTOMER: CUSTOMER,
    Role.CATALOG: CUSTOMER | CATALOG,
    Role.SUPPORT: CUSTOMER | ORDERS | {Right.READ_CATALOG},
    Role.STAFF: CUSTOMER | CATALOG | ORDERS,
    Role.ADMIN: CUSTOMER | CATALOG | ORDERS,
    Role.SERVICE: CATALOG | ORDERS,
}
"""As far as the token goes, see below. Admins alone have what no right stands for: staff, and the admin's log."""

OF_SCOPE: dict[str, frozenset[Right]] = {
    "customer/web": CUSTOMER,
    "customer/mobile": CUSTOMER,
    "admin/web": CATALOG | ORDERS,
    "service/catalog.read": frozenset({Right.READ_CATALOG}),
    "service/catalog.write": CATALOG,
    "service/orders.read": frozenset({Right.READ_ORDERS}),
    "service/orders.write": ORDERS,
}
"""OAuth scope, as `resource server/scope` → what a token with it may be used for. To change includes to read."""
PERSONS = {"customer", "admin"}
"""Resource servers whose scopes narrow what a person's token is good for."""

LOOK, CHANGE = 0, 1
Rights = tuple[frozenset[Right], frozenset[Right]]
CATALOGS: Rights = (frozenset({Right.READ_CATALOG}), frozenset({Right.CHANGE_CATALOG}))
SALES: Rights = (frozenset({Right.READ_ORDERS}), frozenset({Right.CHANGE_ORDERS}))
BOTH: Rights = (CATALOGS[LOOK] | SALES[LOOK], CATALOGS[CHANGE] | SALES[CHANGE])

OF_APP: dict[str, Rights] = {
    "catalog": CATALOGS,
    "orders": SALES,
    "invoices": SALES,
    "notifications": SALES,
    "accounts": SALES,
    "events": BOTH,
    # The terms on which everything is sold.
    "orders.carrier": BOTH,
    "orders.shippingmethod": BOTH,
    "orders.taxrate": BOTH,
}
"""App, or model of an app → all it takes to look at it, and to change it. What is not in here is for admins alone."""


def may(user: object, *rights: Right) -> bool:
    """Whether somebody holds one of these; nobody in particular holds none."""
    return not _held(user).isdisjoint(rights)


def may_look_at(user: object, app: str) -> bool:
    """Whether somebody may look at what belongs to an app, or to a model of it (`orders.taxrate`)."""
    return _holds_all(user, app, LOOK)


def may_change(user: object, app: str) -> bool:
    return _holds_all(user, app, CHANGE)


def granted(role: Role, scopes: Set[str]) -> frozenset[Right]:
    """What somebody may do by a token with these scopes. A person's without a scope of `PERSONS` is good for all of it,
    as that of a sign-in by SRP; a service's is good for what it says, and no more."""
    if role is Role.SERVICE:
        counted = {scope for scope in scopes if scope.startswith("service/")}
    else:
        counted = {scope for scope in scopes if scope.partition("/")[0] in PERSONS}
        if not counted:
            return OF_ROLE[role]
    return OF_ROLE[role] & frozenset().union(*(OF_SCOPE.get(scope, frozenset()) for scope in counted))


def scope_for(role: Role, right: Right) -> str:
    """The scope that a token needs for a right, if somebody of this role may have it at all."""
    if role is Role.SERVICE:
        return f"service/{right}"
    return "customer/web" if right is Right.OWN else "admin/web"


def role_of(groups: Set[str]) -> Role:
    """Whoever is in both of the narrower groups may do what staff may."""
    if Role.ADMIN in groups:
        return Role.ADMIN
    if Role.STAFF in groups or {Role.CATALOG, Role.SUPPORT} <= groups:
        return Role.STAFF
    return next((role for role in (Role.CATALOG, Role.SUPPORT) if role in groups), Role.CUSTOMER)


def _held(user: object) -> frozenset[Right]:
    return getattr(user, "rights", frozenset())


def _holds_all(user: object, app: str, what: int) -> bool:
    needed = OF_APP.get(app) or OF_APP.get(app.partition(".")[0])
    return needed is not None and needed[what] <= _held(user)
