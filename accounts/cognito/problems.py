"""What Cognito's refusals are to our clients. No error of its library gets out of this package."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError
from pycognito.exceptions import ForceChangePasswordException, MFAChallengeException

from api.problems import Problem

log = logging.getLogger(__name__)

THROTTLED = {
    "TooManyRequestsException",
    "TooManyFailedAttemptsException",
    "LimitExceededException",
    "ThrottlingException",
}


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


@contextmanager
def translated(refused: Problem) -> Iterator[None]:
    """Turns Cognito's errors into problems; `refused` is raised for whatever a wrong secret looks like."""
    try:
        yield
    except ForceChangePasswordException:
        raise SignInRefused("Choose a new password first.", code="password_change_required") from None
    except (MFAChallengeException, NotImplementedError):
        raise SignInRefused(
            "This account needs a step that the shop does not offer.", code="challenge_not_supported"
        ) from None
    except ClientError as error:
        raise _problem_of(error, refused) from None
    except BotoCoreError as error:
        log.warning("Cognito cannot be reached: %s", error)
        raise _unavailable() from None


def _problem_of(error: ClientError, refused: Problem) -> Problem:
    code = error.response["Error"]["Code"]
    message = error.response["Error"].get("Message", "")
    # Cognito says "Password attempts exceeded" under the code of a wrong password.
    if code in THROTTLED or (code == "NotAuthorizedException" and "attempts exceeded" in message):
        return Throttled("Too many attempts. Wait a little.", headers={"Retry-After": "30"})
    match code:
        case "UserNotConfirmedException":
            return SignInRefused("Confirm the e-mail address first.", code="account_not_confirmed")
        case "UserLambdaValidationException":  # the pre-authentication trigger said no
            return SignInRefused("This account is blocked. Ask the shop.", code="customer_blocked")
        case "ResourceNotFoundException" | "InternalErrorException" | "AccessDeniedException":
            log.error("Cognito cannot serve us: %s", error)
            return _unavailable()
        case _ if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400) >= 500:
            log.warning("Cognito fails: %s", error)
            return _unavailable()
        case _:
            log.info("Cognito refused: %s", code)
            return refused


def _unavailable() -> Unavailable:
    return Unavailable("Sign-in cannot be checked right now. Try again shortly.", headers={"Retry-After": "5"})
