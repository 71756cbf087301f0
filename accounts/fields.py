"""Fields of the bodies that Cognito's calls are made from, with Cognito's own limits."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxLengthValidator, RegexValidator

from accounts import pools
from accounts.models import User
from api.serializers import ChoiceField, EmailField, LineField, TextField

USER_NAME, PASSWORD = 128, 256


def address_field() -> EmailField:
    """An e-mail address, which is the user's name in the pool."""
    return EmailField(validators=[MaxLengthValidator(USER_NAME)])


def password_field() -> TextField:
    return TextField(max_length=PASSWORD, trim_whitespace=False)


def mailed_code_field() -> LineField:
    return LineField(max_length=64)


def app_code_field() -> TextField:
    """The code of an authenticator app."""
    return TextField(validators=[RegexValidator(r"^[0-9]{6}\Z", "Six digits, as the app shows them.")])


class PoolField(ChoiceField):
    """A user pool, by the name of whose it is."""

    def __init__(self) -> None:
        super().__init__(
            [User.Pool.CUSTOMERS.value, User.Pool.STAFF.value],
            default=pools.customers,
            help_text="Whose user pool is asked, where staff have one of their own: `customers` if nothing is said.",
        )

    def to_internal_value(self, data: Any) -> pools.Pool:  # type: ignore[override]
        return pools.named(super().to_internal_value(data))
