"""Settings that only the orders can judge."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from accounts.addresses.countries import COUNTRIES


def check_home(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A country that does not exist has no rates: every line would keep its own rate wherever it goes."""
    if settings.SHOP_COUNTRY in COUNTRIES:
        return []
    return [
        Error(
            f"SHOP_COUNTRY is {settings.SHOP_COUNTRY!r}, which is no country.",
            hint="Give a code of ISO 3166-1 alpha-2, in capitals: DE.",
            id="orders.E001",
        )
    ]
