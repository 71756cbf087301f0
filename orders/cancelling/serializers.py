"""What a client sends to call an order off."""

from __future__ import annotations

from api.serializers import StrictSerializer, TextField


class CancelInput(StrictSerializer):
    reason = TextField(max_length=500, allow_blank=True, default="")
