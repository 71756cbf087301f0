"""The admin's menu. Everybody sees the pages that they may open: unfold asks each item's `permission`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

SALES = (
    ("Orders", "shopping_cart", "orders.order"),
    ("Refusals", "block", "orders.refusal"),
    ("Invoices", "receipt_long", "invoices.invoice"),
    ("Hand-outs", "outgoing_mail", "invoices.handout"),
    ("Supplier invoices", "request_quote", "invoices.supplierinvoice"),
    ("Incoming documents", "move_to_inbox", "invoices.incomingdocument"),
    ("Customers", "group", "accounts.user"),
    ("Shipping methods", "local_shipping", "orders.shippingmethod"),
    ("Carriers", "local_shipping", "orders.carrier"),
    ("Tax rates", "percent", "orders.taxrate"),
)
CATALOG = (
    ("Products", "category", "catalog.product"),
    ("Categories", "account_tree", "catalog.category"),
    ("Stock", "inventory_2", "catalog.variant"),
    ("Stock ledger", "menu_book", "catalog.stockmovement"),
    ("Changes", "difference", "catalog.change"),
    ("Imports", "upload_file", "catalog.import"),
)
WHAT_HAPPENED = (
    ("Mails", "mail", "notifications.mail"),
    ("Not written to", "unsubscribe", "notifications.suppression"),
    ("Event log", "history", "events.event"),
    ("Inbox", "inbox", "events.inbox"),
    ("Done in the admin", "history_edu", "admin.logentry"),
)


def _may_open(app: str, model: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(f"{app}.view_{model}")


def _item(title: str, icon: str, page: str) -> dict[str, Any]:
    app, model = page.split(".")
    return {"title": title, "icon": icon, "link": f"/admin/{app}/{model}/", "permission": _may_open(app, model)}


LIVE: dict[str, Any] = {
    "title": "Live",
    "icon": "sensors",
    "link": "/admin/live/",
    "permission": _may_open("orders", "order"),
}
NAVIGATION: list[dict[str, Any]] = [
    {"title": title, "separator": True, "items": [*first, *(_item(*page) for page in pages)]}
    for title, first, pages in (
        ("Sales", [LIVE], SALES),
        ("Catalog", [], CATALOG),
        ("What happened", [], WHAT_HAPPENED),
    )
]
