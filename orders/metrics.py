"""What is counted of orders."""

from __future__ import annotations

from api.metrics import Metric
from catalog.errors import OutOfStock, ProductNotFound
from orders.errors import PriceChanged

ORDERS = Metric(name="Orders", unit="Count", help="Orders placed.")
REFUSALS = Metric(
    name="Refusals",
    unit="Count",
    help="Orders refused, by the code of the problem.",
    dimension="code",
    values=(OutOfStock.code, ProductNotFound.code, PriceChanged.code),
)
