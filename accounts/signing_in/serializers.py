from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.fields import PoolField, address_field, app_code_field, password_field
from api.serializers import StrictSerializer, TextField


class LoginInput(StrictSerializer):
    email = address_field()
    password = password_field()
    pool = PoolField()


class MfaAnswer(StrictSerializer):
    email = address_field()
    session = TextField(min_length=20, max_length=2048, help_text="The `session` of the problem `mfa_required`.")
    code = app_code_field()
    pool = PoolField()


class PasswordReplacement(StrictSerializer):
    email = address_field()
    password = password_field()
    new_password = password_field()
    pool = PoolField()


class RefreshTokenInput(StrictSerializer):
    refresh_token = TextField(max_length=8192)
    pool = PoolField()


class TokensShape(serializers.Serializer[Any]):
    access_token = serializers.CharField()
    id_token = serializers.CharField()
    refresh_token = serializers.CharField(help_text="Keep this one from now on: it may be another each time.")
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds that the access token holds.")
