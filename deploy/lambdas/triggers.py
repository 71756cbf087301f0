"""Cognito's triggers: each hands its event, signed, to the shop. The standard library alone, in one file.

Cognito waits five seconds for an answer, then calls again, three times in all. What is raised here reaches the client
as a UserLambdaValidationException with its text.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import logging
import os
import time
import urllib.error
import urllib.request
from typing import Any, NoReturn

log = logging.getLogger()  # the one that Lambda's runtime listens to

Event = dict[str, Any]
TIMEOUT = 3.0  # seconds for one call
WITHIN = 4.5  # seconds for both, of the five that Cognito waits
MAX_ANSWER = 64 * 1024
SIGNED_UP = "PostConfirmation_ConfirmSignUp"
UNCHECKED = "Sign-in cannot be checked right now. Try again shortly."
NOT_TOLD = (
    "The address is confirmed, but the shop could not be told. Sign in all the same: the account is made at the first "
    "sign-in."
)


class Refused(Exception):
    """The shop says no; the text is for the person who wants in."""


class Failed(Exception):
    """The shop cannot be asked; the text is for the log. `again` says whether another try could help."""

    def __init__(self, text: str, *, again: bool) -> None:
        super().__init__(text)
        self.again = again


def pre_authentication(event: Event, context: object) -> Event:
    """The event, if this person may sign in; raises otherwise.

    Also when the shop cannot be asked, unless the variable FAIL_OPEN is `true`: a blocked customer could then sign in,
    but no call to the shop with the token would be answered.
    """
    try:
        _post("/pre-authentication", event, TIMEOUT)
    except Failed as failure:
        log.error("the shop was not asked about a sign-in: %s", failure)
        if os.environ.get("FAIL_OPEN", "false") != "true":
            raise Refused(UNCHECKED) from None
    return event


def post_confirmation(event: Event, context: object) -> Event:
    """The event, once the shop knows who has signed up; tries twice, then raises.

    Nothing is lost by that: the user is confirmed already, and the shop makes the account at the first sign-in.
    """
    if event.get("triggerSource") != SIGNED_UP:
        return event  # a new password: nothing to tell
    started = time.monotonic()
    try:
        _post("/confirmation", event, TIMEOUT)
    except Failed as failure:
        log.warning("the shop was not told of a sign-up: %s", failure)
        if not failure.again:
            raise Refused(NOT_TOLD) from None
        _tell_again(event, min(TIMEOUT, WITHIN - (time.monotonic() - started)))
    return event


def _tell_again(event: Event, timeout: float) -> None:
    try:
        _post("/confirmation", event, timeout)
    except Failed as failure:
        log.error("the shop was not told of a sign-up, and will see it at the first sign-in: %s", failure)
        raise Refused(NOT_TOLD) from None


def _post(path: str, event: Event, timeout: float) -> None:
    """Returns for a 2xx. Raises Refused for a 403 and a 409, with what the shop says of it, and Failed for all else."""
    body = json.dumps(event).encode()
    timestamp = str(int(time.time()))
    proof = hmac.new(os.environ["TRIGGER_SECRET"].encode(), f"{timestamp}.".encode() + body, hashlib.sha256)
    request = urllib.request.Request(  # noqa: S310  (the address is our own setting)
        os.environ["SHOP_API_URL"].rstrip("/") + path,
        data=body,
        headers={
            "Content-Type": "application/json",
            "X-Shop-Timestamp": timestamp,
            "X-Shop-Signature": f"v1={proof.hexdigest()}",
        },
        method="POST",
    )
    try:
        with OPENER.open(request, timeout=timeout) as answer:
            answer.read(MAX_ANSWER)
    except urllib.error.HTTPError as error:
        with error:
            _raise(error)
    except (OSError, http.client.HTTPException) as error:  # no connection, no name, no answer in time, no HTTP
        raise Failed(f"{type(error).__name__}: {error}", again=True) from None


def _raise(error: urllib.error.HTTPError) -> NoReturn:
    if error.code in (403, 409):
        raise Refused(_detail(error)) from None
    # Whatever else is wrong with the call itself, the secret or the clock say, is wrong the second time too.
    raise Failed(f"it answered {error.code}", again=error.code >= 500 or error.code == 429) from None


def _detail(error: urllib.error.HTTPError) -> str:
    """What the problem document (RFC 9457) says; something in front of the shop may answer without one."""
    try:
        return str(json.loads(error.read(MAX_ANSWER))["detail"])
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError):
        return "The shop refuses this."


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirected POST would become a GET without its event, whose success says nothing."""

    def redirect_request(self, *_: Any) -> None:
        return None


OPENER = urllib.request.build_opener(_NoRedirect)
