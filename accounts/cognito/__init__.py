"""Cognito, behind plain functions. What it answers becomes a value or a problem; no error of its library gets out."""

from accounts.cognito.problems import InvalidCredentials, SignInRefused, Throttled, Unavailable
from accounts.cognito.signing_in import Tokens, profile_of, refresh, sign_in, sign_out
from accounts.profiles import Profile

__all__ = [
    "InvalidCredentials",
    "Profile",
    "SignInRefused",
    "Throttled",
    "Tokens",
    "Unavailable",
    "profile_of",
    "refresh",
    "sign_in",
    "sign_out",
]
