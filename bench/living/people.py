"""Customers and staff with access tokens of the bench's own making: what is measured begins after the sign-in."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://issuer.bench.test/none"
HOURS = 3600


@dataclass(frozen=True)
class Person:
    """`id` is the account's. Staff hear of everybody's events, customers of their own."""

    id: str
    token: str
    is_staff: bool


class Issuer:
    """Signs access tokens, and tells at `address` by which key they are checked."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        public = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        _Keys.body = json.dumps({"keys": [public | {"kid": "bench", "use": "sig", "alg": "RS256"}]}).encode()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Keys)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/keys"

    def people(self, count: int, *, staff: bool = False) -> list[Person]:
        """New accounts in the database, each with a token for an hour."""
        from accounts.models import User
        from accounts.rights import Role

        kind = "staff" if staff else "customer"
        made = User.objects.bulk_create(
            User(email=f"{kind}-{n}@bench.example.com", cognito_sub=f"{kind}-{n}", is_staff=staff) for n in range(count)
        )
        groups = [str(Role.STAFF)] if staff else []
        return [Person(str(user.pk), self._token(user.cognito_sub or "", groups), staff) for user in made]

    def _token(self, sub: str, groups: list[str]) -> str:
        from django.conf import settings

        now = int(time.time())
        claims = {"sub": sub, "iss": ISSUER, "client_id": settings.COGNITO_CLIENT_ID, "token_use": "access"}
        times = {"iat": now, "auth_time": now, "exp": now + HOURS}
        return jwt.encode(claims | times | {"cognito:groups": groups}, self._key, "RS256", {"kid": "bench"})


class _Keys(BaseHTTPRequestHandler):
    body = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, format: str, *args: object) -> None:
        """Stays silent."""
