"""How an order is refused. What the catalog refuses (unknown SKU, not enough in stock) is in `catalog/errors.py`."""

from __future__ import annotations

from api.problems import Conflict, Invalid, NotFound


class OrderNotFound(NotFound):
    """Also the answer for an order that the caller may not see."""

    code = "order_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such order that you may see.")


class DuplicateSku(Invalid):
    code = "duplicate_sku"

    def __init__(self, index: int, sku: str, field: str = "items") -> None:
        super().__init__(
            f"{field}.{index}.sku", self.code, f"{sku} stands in two lines. Give one line the whole quantity."
        )


class MixedCurrencies(Invalid):
    code = "mixed_currencies"

    def __init__(self, currencies: list[str]) -> None:
        names = ", ".join(currencies)
        super().__init__("items", self.code, f"One order is paid in one currency, and these products have {names}.")


class CurrencyNotSupported(Invalid):
    code = "currency_not_supported"

    def __init__(self, currency: str, expected: str) -> None:
        super().__init__(
            "items", self.code, f"Shipping is priced in {expected}; products in {currency} cannot be sent."
        )


class PriceChanged(Conflict):
    """The total is not the one that the client showed to the buyer. Nothing was taken."""

    code = "price_changed"


class RefundTooLarge(Invalid):
    """More than the buyer has still paid."""

    code = "refund_too_large"

    def __init__(self, left: str, currency: str) -> None:
        super().__init__("amount", self.code, f"At most {left} {currency} are left to give back.")


class TransitionNotAllowed(Conflict):
    code = "order_transition_not_allowed"


class OpenOrders(Conflict):
    """Somebody who waits for a parcel, or may still get money back, is still the shop's customer."""

    code = "open_orders"


class AddressFrozen(Conflict):
    """The order has come too far for this change of address."""

    code = "address_frozen"


class CountryChangeNotAllowed(Conflict):
    """The taxes of the order are those of the country that it goes to."""

    code = "country_change_not_allowed"


class TooManyNotes(Conflict):
    code = "too_many_notes"
