"""Two Cognitos: the emulator's, for what it does right, and one that answers what a test tells it, for the rest."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import struct
import threading
import time
from base64 import b32decode, b64encode
from collections import defaultdict
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as configured
from pytest_django.fixtures import Settings

from accounts.cognito import policy
from events import aws

PASSWORD = "Correct-Horse-7"


class Pool:
    """The user pool of the test environment. Addresses are new at every call, for the pool outlives the test."""

    def __init__(self) -> None:
        self.client = aws.client("cognito-idp")

    def new_user(self, *groups: str, verified: bool = True, name: str = "Nora New", email: str = "") -> str:
        """Makes a user who may sign in with PASSWORD, and gives the address."""
        email = email or f"{uuid4().hex}@example.com"
        self.client.admin_create_user(
            UserPoolId=configured.COGNITO_POOL_ID,
            Username=email,
            UserAttributes=[
                {"Name": "email", "Value": email},
                {"Name": "email_verified", "Value": "true" if verified else "false"},
                {"Name": "name", "Value": name},
            ],
            MessageAction="SUPPRESS",
        )
        self.client.admin_set_user_password(
            UserPoolId=configured.COGNITO_POOL_ID, Username=email, Password=PASSWORD, Permanent=True
        )
        for group in groups:
            self.client.admin_add_user_to_group(UserPoolId=configured.COGNITO_POOL_ID, Username=email, GroupName=group)
        return email


@pytest.fixture
def pool(settings: Settings, pool_keys: None) -> Pool:
    settings.COGNITO_JWKS_URL = f"{configured.AWS_ENDPOINT_URL}/{configured.COGNITO_POOL_ID}/.well-known/jwks.json"
    return Pool()


def totp(secret: str) -> str:
    """What an authenticator app shows now (RFC 6238)."""
    mac = hmac.new(b32decode(secret), struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
    (number,) = struct.unpack_from(">I", mac, mac[-1] & 15)
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06}"


Answer = dict[str, Any] | tuple[int, str, str]


class StandIn(ThreadingHTTPServer):
    """Answers Cognito's calls by name: with a dict, or with (status, error code, message).

    An answer to a challenge is found by the call's and the challenge's names, as in `RespondToAuthChallenge SMS_MFA`.
    `calls` counts them, and `sent` holds what the last one of each name brought. `policy` is the pool's for passwords.
    """

    def __init__(self) -> None:
        self.policy: dict[str, Any] = {"MinimumLength": 10, "RequireUppercase": True, "RequireNumbers": True}
        self.answers: dict[str, Answer] = {
            "DescribeUserPool": {"UserPool": {"Policies": {"PasswordPolicy": self.policy}}},
            "InitiateAuth": {"ChallengeName": "PASSWORD_VERIFIER", "ChallengeParameters": SRP_CHALLENGE},
        }
        self.calls: defaultdict[str, int] = defaultdict(int)
        self.sent: dict[str, dict[str, Any]] = {}
        self.before_answer: Callable[[], object] = lambda: None
        super().__init__(("127.0.0.1", 0), _Handler)

    def knows(self, email: str, *, verified: bool = True, name: str = "Nora New") -> None:
        """GetUser gives this profile, whoever's token it is."""
        attributes = {"email": email, "email_verified": "true" if verified else "false", "name": name}
        self.answers["GetUser"] = {
            "Username": "u",
            "UserAttributes": [{"Name": key, "Value": value} for key, value in attributes.items()],
        }

    def takes_password(self, answer: Answer) -> None:
        """Every password is right, and what follows it is `answer`."""
        self.answers["RespondToAuthChallenge PASSWORD_VERIFIER"] = answer


SRP_CHALLENGE = {
    "USER_ID_FOR_SRP": "u",
    "SALT": secrets.token_hex(16),
    "SRP_B": secrets.token_hex(384),
    "SECRET_BLOCK": b64encode(secrets.token_bytes(64)).decode(),
}


class _Handler(BaseHTTPRequestHandler):
    server: StandIn

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        call = " ".join(filter(None, (self.headers["X-Amz-Target"].rpartition(".")[2], sent.get("ChallengeName"))))
        self.server.sent[call] = sent
        self.server.calls[call] += 1
        self.server.before_answer()
        match self.server.answers[call]:
            case (status, code, message):
                body = {"__type": code, "message": message}
            case answer:
                status, body = 200, answer
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Stays silent."""


@pytest.fixture
def cognito(settings: Settings) -> Iterator[StandIn]:
    with StandIn() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{server.server_address[1]}"
        aws._client.cache_clear()
        policy.read.cache_clear()
        yield server
        server.shutdown()
    aws._client.cache_clear()
    policy.read.cache_clear()
