from __future__ import annotations

import re
from typing import Any

from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.functional import lazy
from unfold.forms import AuthenticationForm

from accounts.backends import STEP

CODE = re.compile(r"[0-9]{6}", re.ASCII)


class SignInForm(AuthenticationForm):  # type: ignore[misc]  # untyped package
    """The admin's sign-in: address and password and, where Cognito wants one, the code of an app in a second step.

    The field `password` is then that of the code, so that the page needs no template of its own. What Cognito gave for
    the second step stays in Django's session (see `CognitoBackend`); the password is not kept. Asking for the page
    anew begins anew. It says when Cognito is away, instead of blaming the password.
    """

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        if not self.is_bound:
            request.session.pop(STEP, None)
        self._show_step()
        self.fields["password"].label = lazy(self._label, str)()  # read when shown: the next step is known only then

    def clean(self) -> dict[str, Any]:
        try:
            if self.asks_for_code:
                self._check_code(self.cleaned_data.get("password", ""))
                return dict(self.cleaned_data)
            return dict(super().clean())
        finally:
            self._show_step()

    def _check_code(self, typed: str) -> None:
        code = "".join(typed.split())
        if not CODE.fullmatch(code):
            raise ValidationError("The code has six digits.", code="invalid_code")
        self.user_cache = authenticate(self.request, mfa_code=code)
        if self.user_cache is None:
            raise self.get_invalid_login_error()
        self.confirm_login_allowed(self.user_cache)

    def get_invalid_login_error(self) -> ValidationError:
        problem = getattr(self.request, "sign_in_problem", "")
        if problem:
            return ValidationError(problem, code="sign_in_problem")
        error: ValidationError = super().get_invalid_login_error()
        return error

    def _show_step(self) -> None:
        self.asks_for_code = STEP in self.request.session
        autocomplete = "one-time-code" if self.asks_for_code else "current-password"
        self.fields["password"].widget.attrs["autocomplete"] = autocomplete

    def _label(self) -> str:
        return "Code of your authenticator app" if self.asks_for_code else "Password"
