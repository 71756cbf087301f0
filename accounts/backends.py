"""Signing in to the admin with the same address and password as to the shop, and what staff may do there."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts import pools, services
from accounts.cognito import InvalidCredentials
from accounts.models import User
from accounts.rights import may_change, may_look_at
from api.problems import Problem
from api.throttling import TooManyRequests, count_sign_in


class CognitoBackend(ModelBackend):
    """Checks the password with Cognito, and gives staff the rights of their role.

    A refusal other than a wrong password is left on the request as `sign_in_problem`, for the form to show; it does not
    end the sign-in, so that the emergency account (a local password, the next backend) works while Cognito is down.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if not username or not password:
            return None
        if request is not None:
            _count(request, username)
        try:
            _, user = services.sign_in(pool=pools.staff(), email=username, password=password)
        except InvalidCredentials:
            return None
        except Problem as problem:
            if request is not None:
                request.sign_in_problem = problem.detail  # type: ignore[attr-defined]
            return None
        return user

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        """`perm` is Django's: `orders.change_order`. To look at something takes less than all else."""
        app, _, named = perm.partition(".")
        action, _, model = named.partition("_")
        allows = may_look_at if action == "view" else may_change
        return _is_staff(user_obj) and allows(user_obj, f"{app}.{model}")

    def has_module_perms(self, user_obj: Any, app_label: str) -> bool:
        return _is_staff(user_obj) and may_look_at(user_obj, app_label)


def _count(request: HttpRequest, username: str) -> None:
    """Ends the sign-in where there were too many: the next backend would try a password as well."""
    try:
        count_sign_in(request, username)
    except TooManyRequests as problem:
        request.sign_in_problem = problem.detail  # type: ignore[attr-defined]
        raise PermissionDenied from None


def _is_staff(user: Any) -> bool:
    return bool(user.is_active and user.is_staff)
