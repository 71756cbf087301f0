"""Cognito, behind plain functions. What it answers becomes a value or a problem; no error of its library gets out."""

from accounts.cognito.passwords import change_password, forgot_password, reset_password
from accounts.cognito.problems import InvalidCredentials, SignInRefused, Throttled, Unavailable
from accounts.cognito.signing_in import Tokens, profile_of, refresh, sign_in, sign_out
from accounts.cognito.signing_up import confirm, resend_code, sign_up
from accounts.profiles import Profile

__all__ = [
    "InvalidCredentials",
    "Profile",
    "SignInRefused",
    "Throttled",
    "Tokens",
    "Unavailable",
    "change_password",
    "confirm",
    "forgot_password",
    "profile_of",
    "refresh",
    "resend_code",
    "reset_password",
    "sign_in",
    "sign_out",
    "sign_up",
]
