"""What Cognito's refusals are to our clients. No error of its library gets out of this package."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

from botocore.exceptions import BotoCoreError, ClientError

from api.problems import Conflict, Invalid, Problem

log = logging.getLogger(__name__)

THROTTLED = {
    "TooManyRequestsException",
    "TooManyFailedAttemptsException",
    "LimitExceededException",
    "ThrottlingException",
}
UNAVAILABLE = {
    "AccessDeniedException",
    "CodeDeliveryFailureException",
    "InternalErrorException",
    "InvalidEmailRoleAccessPolicyException",
    "InvalidLambdaResponseException",
    "ResourceNotFoundException",
    "UnexpectedLambdaException",
}
"""What is wrong with the pool, and not with what a client has sent."""
BAD_PASSWORD = re.compile(r"Value at '(\w+P|p)assword'")
"""How Cognito says that a password breaks the rules that hold in every pool, under the code of any bad parameter."""


class InvalidCredentials(Problem):
    """One answer for every reason, so that nobody learns from it which addresses have an account."""

    status, code = 401, "invalid_credentials"


class Unavailable(Problem):
    status, code = 503, "unavailable"


class Throttled(Problem):
    status, code = 429, "too_many_attempts"


class SignInRefused(Problem):
    """The password was right, and yet Cognito wants something first; `code` says what."""

    status, code = 403, "sign_in_refused"


class MfaRequired(SignInRefused):
    """The password was right, and the pool wants the second factor's code, with the document's member `session`."""

    code = "mfa_required"


class MfaNotOffered(Conflict):
    """The user pool takes no second factor."""

    code = "mfa_not_offered"


class SignUpRefused(Problem):
    """The pool lets nobody sign up, or not with this address."""

    status, code = 403, "sign_up_refused"


class InvalidCode(Problem):
    """One answer for a wrong code, one that has run out, and an address that has none or no account.

    Cognito tells them apart, and so would say which addresses have an account: a code that nobody asked for has "run
    out" where there is one, and is wrong where there is not.
    """

    code = "invalid_code"


class WrongMfaCode(InvalidCredentials):
    """In the middle of a sign-in, whose session goes on: another code may follow."""

    code = "invalid_code"


class WeakPassword(Invalid):
    code = "weak_password"


class WrongPassword(Invalid):
    """Not 401: the caller is signed in, and a client would throw the token away."""

    code = "wrong_password"


class Untold(Problem):
    """A refusal that would say whether an address has an account. It does not get out of this package."""


@contextmanager
def translated(refused: Problem, named: Mapping[str, Problem] | None = None) -> Iterator[None]:
    """Turns Cognito's errors into problems: those in `named` first, then what means the same in every call.

    `refused` is raised for all others: it is what a wrong secret looks like.
    """
    try:
        yield
    except ClientError as error:
        raise _problem_of(error, refused, named or {}) from None
    except BotoCoreError as error:
        log.warning("Cognito cannot be reached: %s", error)
        raise unavailable() from None


def _problem_of(error: ClientError, refused: Problem, named: Mapping[str, Problem]) -> Problem:
    code = error.response["Error"]["Code"]
    message = error.response["Error"].get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    if code in UNAVAILABLE or status >= 500:
        log.error("Cognito cannot serve us: %s", error)
    else:
        log.info("Cognito refused: %s", code)
    if code == "InvalidParameterException" and BAD_PASSWORD.search(message):
        code = "InvalidPasswordException"
    if code in named:
        return named[code]
    # Cognito says "Password attempts exceeded" under the code of a wrong password.
    if code in THROTTLED or (code == "NotAuthorizedException" and "attempts exceeded" in message):
        return Throttled("Too many attempts. Wait a little.", headers={"Retry-After": "30"})
    if code in UNAVAILABLE or status >= 500:
        return unavailable()
    return refused


@contextmanager
def mail_to_somebody() -> Iterator[None]:
    """Whether a mail goes out is never told: it would say whether the address has an account.

    So what is the same for every address is raised, Throttled and Unavailable, and nothing that is not: a user's own
    limit of mails in an hour, or a mail that could not be sent.
    """
    hidden = ("LimitExceededException", "CodeDeliveryFailureException")
    with suppress(Untold), translated(Untold(), {code: Untold() for code in hidden}):
        yield


def weak_password(field: str) -> dict[str, Problem]:
    """What Cognito's own refusals of a new password, in `field`, become: an entry for `named` of `translated`."""
    return {
        "InvalidPasswordException": WeakPassword(field, "weak_password", "This password is too weak."),
        "PasswordHistoryPolicyViolationException": WeakPassword(field, "used_before", "Take one that is new."),
    }


def unavailable() -> Unavailable:
    return Unavailable("Sign-in cannot be checked right now. Try again shortly.", headers={"Retry-After": "5"})
