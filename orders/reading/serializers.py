"""What a client may ask of lists of orders."""

from __future__ import annotations

from api.pagination import PageQuery
from api.serializers import ChoiceField, EmailField, LineField, MoneyField, StrictSerializer, TextField, TimeField
from orders.models import Order
from orders.reading.recorded import TYPES


class OrderFilters(StrictSerializer):
    email = EmailField(required=False, help_text="Staff only.")
    status = ChoiceField(Order.Status.choices, required=False)
    created_after = TimeField(required=False)
    created_before = TimeField(required=False)
    number = LineField(required=False, max_length=20)
    sku = LineField(required=False, max_length=64, help_text="Of one of the lines, in any case.")
    min_total = MoneyField(required=False)
    max_total = MoneyField(required=False)


class OrdersQuery(OrderFilters, PageQuery):
    """The filters of a list, and the page."""


class EventsQuery(PageQuery):
    email = EmailField(required=False, help_text="Staff only: of all orders of this address.")
    event_type = ChoiceField(TYPES, required=False)


class TrackingQuery(StrictSerializer):
    tracking_token = TextField(required=False, max_length=200)
