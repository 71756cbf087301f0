"""What staff send to give money back."""

from __future__ import annotations

from api.serializers import ListField, MoneyField, StrictSerializer, TextField
from orders.placing.serializers import MAX_LINES, ItemInput


class RefundInput(StrictSerializer):
    amount = MoneyField(required=False, help_text="Gross; without it, all that is left.")
    reason = TextField(max_length=500)
    restock = ListField(child=ItemInput(), max_length=MAX_LINES, required=False, help_text="What goes back into stock.")
