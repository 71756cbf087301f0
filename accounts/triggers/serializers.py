"""Cognito's trigger events. Only what we read is checked: whatever else is in them is Cognito's, and may grow.

https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import BooleanField, TextField


class FlagField(TextField):
    """A flag among the attributes: the text `true` or `false`, and in some of Cognito's test events a JSON boolean."""

    def to_internal_value(self, data: Any) -> str:
        return super().to_internal_value(str(data).lower() if isinstance(data, bool) else data)


class UserAttributes(serializers.Serializer[Any]):
    sub = TextField(max_length=64, required=False)
    email = TextField(max_length=254, required=False, allow_blank=True)
    email_verified = FlagField(max_length=5, required=False)
    name = TextField(max_length=2048, required=False, allow_blank=True)
    locale = TextField(max_length=2048, required=False, allow_blank=True)


class Attributes(serializers.Serializer[Any]):
    userAttributes = UserAttributes()  # noqa: N815  (Cognito's name)


class AttributesMaybe(serializers.Serializer[Any]):
    userAttributes = UserAttributes(required=False)  # noqa: N815
    userNotFound = BooleanField(required=False, default=False)  # noqa: N815


class TriggerEvent(serializers.Serializer[Any]):
    """What all of Cognito's trigger events have."""

    version = TextField(max_length=10)
    region = TextField(max_length=64)
    userPoolId = TextField(max_length=128)  # noqa: N815
    userName = TextField(max_length=128)  # noqa: N815


class PreAuthenticationEvent(TriggerEvent):
    triggerSource = serializers.RegexField(r"^PreAuthentication_[A-Za-z]{1,40}\Z")  # noqa: N815
    request = AttributesMaybe()


class PostConfirmationEvent(TriggerEvent):
    triggerSource = serializers.RegexField(r"^PostConfirmation_[A-Za-z]{1,40}\Z")  # noqa: N815
    request = Attributes()
