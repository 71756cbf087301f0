"""The two answers that Cognito waits for, five seconds at most: a few queries, and no call to anybody else."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from accounts.errors import Blocked, DomainNotAllowed, ForeignPool
from accounts.models import User
from accounts.profiles import profile_from
from accounts.registration import welcome
from api.problems import Invalid

SIGNED_UP = "PostConfirmation_ConfirmSignUp"


def check_sign_in(*, pool: str, attributes: Mapping[str, str], not_found: bool) -> None:
    """Returns if this person may go on to sign in. Raises ForeignPool, DomainNotAllowed or Blocked.

    Whom the shop does not know may, for Cognito checks the password; and so may whom Cognito itself does not know,
    so that the refusal is Cognito's own, the same for every address. Two queries at most.
    """
    _check_pool(pool)
    if not_found:
        return
    email = attributes.get("email", "").strip().lower()
    domains = settings.SIGN_IN_DOMAINS
    if domains and email.rpartition("@")[2] not in domains:
        raise DomainNotAllowed("Nobody signs in here with an e-mail address of this domain.")
    allowed_in = User.objects.filter(cognito_sub=attributes.get("sub", "")).values_list("is_active", flat=True).first()
    if allowed_in is None:  # not seen yet: the account that waits for this address would become theirs
        waiting = User.objects.with_email(email).filter(cognito_sub=None)
        allowed_in = waiting.values_list("is_active", flat=True).first()
    if allowed_in is False:
        raise Blocked("This account is blocked. Ask the shop.")


def confirm(*, pool: str, source: str, attributes: Mapping[str, str]) -> None:
    """Makes the account of who has just signed up, once however often it is told. Raises ForeignPool, EmailTaken.

    A new password changes no account. An address that nobody has verified, where an administrator confirmed the user,
    gets its account at the first sign-in after it was.
    """
    _check_pool(pool)
    if source != SIGNED_UP:
        return
    sub = attributes.get("sub", "")
    if not sub:
        raise Invalid("request.userAttributes.sub", "required", "An account belongs to a Cognito user's sub.")
    profile = profile_from(attributes)
    if not profile.email or not profile.email_verified or User.objects.filter(cognito_sub=sub).exists():
        return
    welcome(sub=sub, profile=profile)


def _check_pool(pool: str) -> None:
    if pool != settings.COGNITO_POOL_ID:
        raise ForeignPool("This event is of another user pool.")
