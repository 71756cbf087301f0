"""The two answers that Cognito waits for, five seconds at most: a few queries, and no call to anybody else."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings

from accounts import pools
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
    name = _pool(pool).name
    if not_found:
        return
    email = attributes.get("email", "").strip().lower()
    domains = settings.SIGN_IN_DOMAINS
    if domains and email.rpartition("@")[2] not in domains:
        raise DomainNotAllowed("Nobody signs in here with an e-mail address of this domain.")
    known = User.objects.filter(cognito_sub=attributes.get("sub", ""), pool=name)
    allowed_in = known.values_list("is_active", flat=True).first()
    if allowed_in is None:  # not seen yet: the account that waits for this address would become theirs
        allowed_in = User.objects.waiting_for(email).values_list("is_active", flat=True).first()
    if allowed_in is False:
        raise Blocked


def confirm(*, pool: str, source: str, attributes: Mapping[str, str]) -> None:
    """Makes the account of who has just signed up, once however often it is told. Raises ForeignPool, EmailTaken.

    A new password changes no account. An address that nobody has verified, where an administrator confirmed the user,
    gets its account at the first sign-in after it was.
    """
    name = _pool(pool).name
    if source != SIGNED_UP:
        return
    sub = attributes.get("sub", "")
    if not sub:
        raise Invalid("request.userAttributes.sub", "required", "An account belongs to a Cognito user's sub.")
    profile = profile_from(attributes)
    if not profile.email or not profile.email_verified:
        return
    if not User.objects.filter(cognito_sub=sub, pool=name).exists():
        welcome(pool=name, sub=sub, profile=profile)


def _pool(pool_id: str) -> pools.Pool:
    if (pool := pools.with_id(pool_id)) is None:
        raise ForeignPool("This event is of another user pool.")
    return pool
