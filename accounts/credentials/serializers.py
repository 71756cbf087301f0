from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.fields import PoolField, address_field, mailed_code_field, password_field
from api.serializers import LineField, StrictSerializer


class SignUpInput(StrictSerializer):
    email = address_field()
    password = password_field()
    name = LineField(max_length=150)


class EmailInput(StrictSerializer):
    email = address_field()


class ConfirmationInput(StrictSerializer):
    email = address_field()
    code = mailed_code_field()


class PasswordForgotten(StrictSerializer):
    email = address_field()
    pool = PoolField()


class PasswordReset(StrictSerializer):
    email = address_field()
    code = mailed_code_field()
    password = password_field()
    pool = PoolField()


class PasswordChange(StrictSerializer):
    password = password_field()
    new_password = password_field()


class SignedUpShape(serializers.Serializer[Any]):
    email = serializers.EmailField()
