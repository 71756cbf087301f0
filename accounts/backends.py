"""Signing in to the admin with the same address and password as to the shop, and what staff may do there."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from accounts import pools, services
from accounts.cognito import InvalidCredentials, MfaRequired
from accounts.models import User
from accounts.rights import may_change, may_look_at
from api.problems import Problem
from api.throttling import TooManyRequests, count_sign_in

STEP = "sign_in_step"
"""Where Django's session keeps what the second step of a sign-in needs: the address and Cognito's session string."""


class CognitoBackend(ModelBackend):
    """Checks the password with Cognito, then the code where it wants one, and gives staff the rights of their role.

    A refusal other than a wrong password is left on the request as `sign_in_problem`, for the form to show; it does not
    end the sign-in, so that the emergency account (a local password, the next backend) works while Cognito is down.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        mfa_code: str | None = None,
        **kwargs: Any,
    ) -> User | None:
        """By address and password, or in a second step by `mfa_code`, after a first one that left STEP behind."""
        step = request.session.pop(STEP, None) if request else None
        if not mfa_code:
            step = None
        if step:
            attempt = partial(services.sign_in_with_code, **step, code=str(mfa_code))
        elif username and password:
            attempt = partial(services.sign_in, email=username, password=password)
        else:
            return None
        if request is not None:
            _count(request, step["email"] if step else str(username))
        try:
            _, user = attempt(pool=pools.staff())
        except Problem as problem:
            if request is not None:
                _tell(request, problem, step or {"email": username})
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


class EmergencyBackend(ModelBackend):
    """Lets in whom `manage.py break_glass` made an account for, and nobody else, whatever password their row holds."""

    def user_can_authenticate(self, user: Any) -> bool:
        return super().user_can_authenticate(user) and user.pool == User.Pool.LOCAL

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        return set()  # such an account may do all, which no backend is asked for; rows of rights are nobody's


def _count(request: HttpRequest, username: str) -> None:
    """Ends the sign-in where there were too many: the next backend would try a password as well."""
    try:
        count_sign_in(request, username)
    except TooManyRequests as problem:
        request.sign_in_problem = problem.detail  # type: ignore[attr-defined]
        raise PermissionDenied from None


def _tell(request: HttpRequest, problem: Problem, step: dict[str, Any]) -> None:
    if isinstance(problem, MfaRequired):
        request.session[STEP] = {"email": step["email"], "session": problem.extra["session"]}
    elif problem.code == "invalid_code":
        request.session[STEP] = step  # Cognito's session goes on
    if not isinstance(problem, InvalidCredentials) or "session" in step:
        request.sign_in_problem = problem.detail  # type: ignore[attr-defined]


def _is_staff(user: Any) -> bool:
    return bool(user.is_active and user.is_staff)
