from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.fields import app_code_field, password_field
from api.serializers import StrictSerializer


class PasswordInput(StrictSerializer):
    password = password_field()


class CodeInput(StrictSerializer):
    code = app_code_field()


class MfaShape(serializers.Serializer[Any]):
    enabled = serializers.BooleanField()


class MfaSecretShape(serializers.Serializer[Any]):
    secret = serializers.CharField(help_text="Base32, to be typed into an authenticator app.")
    otpauth_uri = serializers.CharField(help_text="The same as a key URI, to be shown as a QR code.")
