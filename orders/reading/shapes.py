"""How an order looks in JSON, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.addresses.serializers import AddressShape
from orders.models import Order


class LineShape(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = serializers.CharField()
    tax_rate = serializers.CharField(help_text="Per cent.")
    tax = serializers.CharField(help_text="Contained in `total`.")
    total = serializers.CharField()


class TotalsShape(serializers.Serializer[Any]):
    items = serializers.CharField()
    shipping = serializers.CharField()
    tax = serializers.CharField(help_text="Contained in `total`.")
    total = serializers.CharField()
    refunded = serializers.CharField()


class ShippingShape(serializers.Serializer[Any]):
    method = serializers.CharField()
    address = AddressShape()
    carrier = serializers.CharField(allow_blank=True)
    tracking_number = serializers.CharField(allow_blank=True)
    tracking_url = serializers.URLField(allow_null=True, help_text="Of the latest parcel.")


class UnitsShape(serializers.Serializer[Any]):
    sku = serializers.CharField()
    quantity = serializers.IntegerField()


class ShipmentShape(serializers.Serializer[Any]):
    """A parcel: the whole order, or a part of it."""

    id = serializers.UUIDField()
    carrier = serializers.CharField()
    tracking_number = serializers.CharField()
    tracking_url = serializers.URLField(allow_null=True, help_text="Null where the carrier has no such page.")
    items = UnitsShape(many=True)
    at = serializers.DateTimeField()


class RefundShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    amount = serializers.CharField()
    tax = serializers.CharField(help_text="Contained in `amount`.")
    reason = serializers.CharField()
    restocked = UnitsShape(many=True)
    at = serializers.DateTimeField()


class NoteShape(serializers.Serializer[Any]):
    text = serializers.CharField()
    for_buyer = serializers.BooleanField(help_text="Buyers read only those.")
    by = serializers.CharField(help_text="As in `history`.")
    at = serializers.DateTimeField()


class HistoryShape(serializers.Serializer[Any]):
    status = serializers.ChoiceField(Order.Status.choices)
    at = serializers.DateTimeField()
    by = serializers.CharField(
        help_text="An e-mail address, or `system` for the shop itself; buyers read `staff` for the shop's people."
    )
    reason = serializers.CharField(allow_blank=True)


class OrderShape(serializers.Serializer[Any]):
    """An order. Amounts are gross, as decimal strings in `currency`."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.ChoiceField(Order.Status.choices)
    email = serializers.EmailField()
    currency = serializers.CharField()
    prices_include_tax = serializers.BooleanField(help_text="If not, `unit_price` is net; every other amount is gross.")
    payment_method = serializers.ChoiceField(Order.PaymentMethod.choices)
    lines = LineShape(many=True)
    totals = TotalsShape()
    shipping = ShippingShape()
    billing_address = AddressShape(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    shipments = ShipmentShape(many=True)
    refunds = RefundShape(many=True)
    notes = NoteShape(many=True)
    history = HistoryShape(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class NewOrderShape(OrderShape):
    tracking_token = serializers.CharField(required=False, help_text="For guests: reads the order. Given once.")
    tracking_url = serializers.URLField(required=False, help_text="For guests: where the order is followed.")
    tracking_token_expires_at = serializers.DateTimeField(required=False)


class OrderPage(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = OrderShape(many=True)


class EventShape(serializers.Serializer[Any]):
    """As the live feed sends it: `cursor` is where to go on there. Null for a moment, until the log has the event."""

    id = serializers.UUIDField()
    cursor = serializers.CharField(allow_null=True)
    type = serializers.CharField()
    time = serializers.DateTimeField()
    subject = serializers.CharField(help_text="`order/<id>`, or `request/<id>` of an order that was refused.")
    data = serializers.DictField()  # type: ignore[assignment]  # a field here, an attribute in the base class


class EventPage(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = EventShape(many=True)
