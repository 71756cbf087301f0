"""What a client may ask of lists of orders."""

from __future__ import annotations

from rest_framework import serializers

from api.pagination import PageQuery
from api.serializers import EmailField, StrictSerializer, TextField, TimeField
from orders.models import Order


class OrdersQuery(PageQuery):
    email = EmailField(required=False, help_text="Staff only.")
    status = serializers.ChoiceField(Order.Status.choices, required=False)
    created_after = TimeField(required=False)
    created_before = TimeField(required=False)


class TrackingQuery(StrictSerializer):
    tracking_token = TextField(required=False, max_length=200)
