from __future__ import annotations

from typing import Any

from rest_framework import serializers

from accounts.models import User
from api.serializers import StrictSerializer, TextField

LANGUAGE = r"^[a-z]{2,3}(-[A-Z]{2})?\Z"  # BCP 47, as far as mails and documents need it


class ProfileChange(StrictSerializer):
    name = TextField(max_length=150, required=False, allow_blank=True)
    language = serializers.RegexField(LANGUAGE, max_length=10, required=False)


class MeShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    language = serializers.CharField()


def me(user: User) -> dict[str, Any]:
    return {"id": user.id, "email": user.email, "name": user.name, "language": user.language}
