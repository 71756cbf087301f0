"""Letting people in: which account here belongs to which Cognito user."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from django.db import IntegrityError, transaction
from django.db.models import Q

from accounts import cognito, machines
from accounts.cognito import Profile, Tokens
from accounts.errors import Blocked
from accounts.models import User, flags_of
from accounts.pools import Pool
from accounts.registration import welcome
from accounts.rights import granted, role_of
from accounts.tokens import Claims, InvalidToken, KeysUnavailable, verify

log = logging.getLogger(__name__)


def sign_in(*, pool: Pool, email: str, password: str) -> tuple[Tokens, User]:
    """Tokens for who knows the password, and the account, whose address then follows Cognito's.

    Raises InvalidCredentials, MfaRequired, SignInRefused, Throttled, Unavailable, and what `user_for_token` raises as a
    problem.
    """
    return _enter(cognito.sign_in(pool, email, password))


def sign_in_with_code(*, pool: Pool, email: str, session: str, code: str) -> tuple[Tokens, User]:
    """What `sign_in` gives, for who has got as far as MfaRequired, with its session. Raises WrongMfaCode as well."""
    return _enter(cognito.answer_mfa(pool, email, session, code))


def sign_in_with_new_password(*, pool: Pool, email: str, password: str, new_password: str) -> tuple[Tokens, User]:
    """What `sign_in` gives, for who must choose a password first. Raises WeakPassword as well."""
    return _enter(cognito.replace_password(pool, email, password, new_password))


def _enter(tokens: Tokens) -> tuple[Tokens, User]:
    try:
        claims = verify(tokens.access_token)
    except (InvalidToken, KeysUnavailable) as error:
        # A fresh token that does not hold: the settings name another issuer or client, or the keys are away.
        log.error("a token that Cognito has just given does not hold: %s", error)
        raise cognito.Unavailable("Sign-in cannot be checked right now.", headers={"Retry-After": "5"}) from None
    profile = cognito.profile_of(tokens.access_token)
    user = _known(claims)
    user = _follow_email(user, profile) if user else _welcome(claims, profile)
    return tokens, _admit(user, claims)


def user_for_token(token: str) -> tuple[User, Claims]:
    """The account that an access token names, made from Cognito's profile on first sight; later calls only read.

    Raises InvalidToken, KeysUnavailable, Blocked, and on first sight EmailNotVerified, EmailTaken and Cognito's own.
    """
    claims = verify(token)
    if claims.service:
        return _admit(machines.account_of(claims.service), claims), claims
    user = _known(claims) or _welcome(claims, cognito.profile_of(token))
    return _admit(user, claims), claims


def change_profile(*, user: User, name: str | None = None, language: str | None = None) -> User:
    """Changes what the account owns itself; what is None stays."""
    changes = {key: value for key, value in {"name": name, "language": language}.items() if value is not None}
    for key, value in changes.items():
        setattr(user, key, value)
    if changes:
        with transaction.atomic():
            locked(user)  # an account that is deleted meanwhile must not get its name back
            user.save(update_fields=list(changes))
    return user


def locked(user: User) -> User:
    """The account's row, locked until the transaction ends; orders do not wait for it. Raises Blocked."""
    row = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if not row.is_active:  # since its token was looked at
        raise Blocked
    return row


def _known(claims: Claims) -> User | None:
    return User.objects.filter(cognito_sub=claims.sub, pool=claims.pool).first()


def _admit(user: User, claims: Claims) -> User:
    if not user.is_active:
        raise Blocked
    if not claims.service:
        _follow_groups(user, claims)
    user.granted = granted(user.role, claims.scopes)
    return user


def _welcome(claims: Claims, profile: Profile) -> User:
    return welcome(
        pool=claims.pool,
        sub=claims.sub,
        profile=profile,
        role=role_of(claims.groups),
        groups_as_of=_issued(claims),
    )


def _follow_email(user: User, profile: Profile) -> User:
    # Who is blocked is about to be refused; and an account that was deleted must not get its address back.
    if user.is_active and profile.email_verified and profile.email and profile.email != user.email:
        try:
            with transaction.atomic():
                followed = User.objects.filter(pk=user.pk, is_active=True).update(email=profile.email)
        except IntegrityError:
            log.warning("account %s keeps its old address: another account has the new one", user.pk)
        else:
            if not followed:  # blocked or deleted since it was looked at
                raise Blocked
            user.email = profile.email
    return user


def _follow_groups(user: User, claims: Claims) -> None:
    """Writes only when the groups differ, and never lets an older token bring back a role that was taken away."""
    role = role_of(claims.groups)
    if user.role is role:
        return
    as_of = _issued(claims)
    changes = flags_of(role) | {"groups_as_of": as_of}
    if User.objects.filter(pk=user.pk).exclude(Q(groups_as_of__gt=as_of)).update(**changes):
        for field, value in changes.items():
            setattr(user, field, value)


def _issued(claims: Claims) -> datetime:
    return datetime.fromtimestamp(claims.issued_at, UTC)
