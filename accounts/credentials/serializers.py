from __future__ import annotations

from typing import Any

from django.core.validators import MaxLengthValidator
from rest_framework import serializers

from api.serializers import EmailField, LineField, StrictSerializer, TextField

USER_NAME, PASSWORD = 128, 256
"""Cognito's limits for a user name, which an address is here, and for a password."""


def _address() -> EmailField:
    return EmailField(validators=[MaxLengthValidator(USER_NAME)])


def _password() -> TextField:
    return TextField(max_length=PASSWORD, trim_whitespace=False)


def _code() -> LineField:
    return LineField(max_length=64)


class SignUpInput(StrictSerializer):
    email = _address()
    password = _password()
    name = LineField(max_length=150)


class EmailInput(StrictSerializer):
    email = _address()


class ConfirmationInput(StrictSerializer):
    email = _address()
    code = _code()


class PasswordReset(StrictSerializer):
    email = _address()
    code = _code()
    password = _password()


class PasswordChange(StrictSerializer):
    password = _password()
    new_password = _password()


class SignedUpShape(serializers.Serializer[Any]):
    email = serializers.EmailField()
