"""Cognito, behind plain functions. What it answers becomes a value or a problem; no error of its library gets out."""

from accounts.cognito.mfa import begin_mfa, confirm_mfa, end_mfa, mfa_enabled
from accounts.cognito.passwords import change_password, forgot_password, reset_password
from accounts.cognito.problems import InvalidCredentials, MfaRequired, SignInRefused, Throttled, Unavailable
from accounts.cognito.removing import remove_user
from accounts.cognito.signing_in import (
    Tokens,
    answer_mfa,
    profile_of,
    refresh,
    replace_password,
    sign_in,
    sign_out,
)
from accounts.cognito.signing_up import confirm, resend_code, sign_up
from accounts.profiles import Profile

__all__ = [
    "InvalidCredentials",
    "MfaRequired",
    "Profile",
    "SignInRefused",
    "Throttled",
    "Tokens",
    "Unavailable",
    "answer_mfa",
    "begin_mfa",
    "change_password",
    "confirm",
    "confirm_mfa",
    "end_mfa",
    "forgot_password",
    "mfa_enabled",
    "profile_of",
    "refresh",
    "remove_user",
    "replace_password",
    "resend_code",
    "reset_password",
    "sign_in",
    "sign_out",
    "sign_up",
]
