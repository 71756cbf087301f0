"""Staff at their desk: an order's page, its buttons and dialogs, as tests use them."""

from __future__ import annotations

import re
from typing import Any

from catalog.tests.staff_browser import Browser, text_of
from orders.models import Order

LIST = "/admin/orders/order/"
SHOWN = re.compile(r'class="order-move[^>]*hx-get="/admin/orders/order/[^/]+/([a-z-]+)/"')


def page_of(order: Order) -> str:
    return f"{LIST}{order.pk}/change/"


def buttons(browser: Browser, order: Order) -> set[str]:
    """The last part of the address of each button on the order's page."""
    return set(SHOWN.findall(browser.get(page_of(order)).content.decode()))


def dialog(order: Order, move: str) -> str:
    return f"{LIST}{order.pk}/{move}/"


def say(browser: Browser, order: Order, move: str, **fields: Any) -> Any:
    """Sends a dialog with these fields; `seen` is what the order's version was when it was opened, if it is given."""
    return browser.post(dialog(order, move), {"_form_submitted": "True"} | fields)


def told(browser: Browser, path: str = LIST) -> str:
    """What a page says, messages included."""
    return text_of(browser.get(path))


def asked(browser: Browser, order: Order, move: str) -> dict[str, str]:
    """The fields of a dialog as they are filled in."""
    html = browser.get(dialog(order, move)).content.decode()
    inputs = re.findall(r"<input[^>]*>", html)
    found = {}
    for one in inputs:
        name, value = re.search(r'name="([^"]*)"', one), re.search(r'value="([^"]*)"', one)
        if name and 'type="checkbox"' not in one:
            found[name[1]] = value[1] if value else ""
    return found
