"""What AWS, or the way to it, says no with: one line for whoever has called `deploy/up`, with what to do."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from botocore import exceptions as say
from botocore.exceptions import BotoCoreError, ClientError

SIGN_IN = "Sign in (`aws sso login`, `aws login`, `aws configure`), or name a profile that has some in AWS_PROFILE."
NO_CREDENTIALS = (
    say.NoCredentialsError, say.PartialCredentialsError, say.CredentialRetrievalError, say.ProfileNotFound,
    say.UnknownCredentialError,
)  # fmt: skip
NO_WAY = (
    say.EndpointConnectionError, say.ConnectTimeoutError, say.ReadTimeoutError, say.ConnectionClosedError,
    say.ProxyConnectionError, say.SSLError,
)  # fmt: skip
SIGNED_OUT = (say.SSOError, say.TokenRetrievalError, say.NoAuthTokenError, say.LoginError)
EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
UNKNOWN = {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure"}
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "Forbidden"}
ACTION = re.compile(r"perform:? ([a-z0-9-]+:[A-Za-z*]+)")


def in_words(error: BotoCoreError | ClientError) -> str:
    """One line, without a traceback and without anything secret."""
    if isinstance(error, ClientError):
        return _refused(error)
    if isinstance(error, SIGNED_OUT):
        return f"The sign-in at AWS has ended ({_line(error)}). {SIGN_IN}"
    if isinstance(error, NO_CREDENTIALS):
        return f"There are no AWS credentials ({_line(error)}). {SIGN_IN}"
    if isinstance(error, NO_WAY):
        host = urlsplit(str(error.kwargs.get("endpoint_url", ""))).hostname or "AWS"
        return f"{host} cannot be reached ({type(error).__name__}): see whether network, proxy and region are right."
    return f"{_line(error)} ({type(error).__name__})"


def _refused(error: ClientError) -> str:
    code, message = code_of(error), _line(error.response.get("Error", {}).get("Message", ""))
    if code in EXPIRED:
        return f"The AWS credentials have expired ({code}). {SIGN_IN}"
    if code in UNKNOWN:
        return f"AWS does not know these credentials ({code}), or not in this region. {SIGN_IN}"
    if code in DENIED:
        found = ACTION.search(message)
        action = found[1] if found else error.operation_name
        return f"These credentials may not do {action}: let whoever gives rights in this account allow it. {message}"
    return f"{error.operation_name}: {message or 'refused'} ({code})"


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _line(said: object) -> str:
    return " ".join(str(said).split())
