from __future__ import annotations

from django.core.exceptions import ValidationError
from unfold.forms import AuthenticationForm


class SignInForm(AuthenticationForm):  # type: ignore[misc]  # untyped package
    """The admin's sign-in. It says when Cognito is away, instead of blaming the password."""

    def get_invalid_login_error(self) -> ValidationError:
        problem = getattr(self.request, "sign_in_problem", "")
        if problem:
            return ValidationError(problem, code="sign_in_problem")
        error: ValidationError = super().get_invalid_login_error()
        return error
