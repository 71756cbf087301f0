"""A walk through what the tour leaves out, for the rights that it takes: pictures, a file of products, own data.

It comes after the tour, to the same shop, and looks at outcomes alone; how they are shown is for the tests.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import requests

from local.aws import SIGN_INS
from local.report import Trouble

PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c49444154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)
WITHIN = 60.0  # seconds, for what a worker does
GONE = "gone@example.com"
PASSWORD = "Customer-1234"  # noqa: S105  (of this machine's emulator)


class Walk:
    """`cognito` is a client of the account's own, `pool` the customers'."""

    def __init__(self, api: str, *, cognito: Any, pool: str) -> None:
        self.api, self.cognito, self.pool = api, cognito, pool
        self.session = requests.Session()
        self.session.trust_env = False

    def run(self) -> None:
        admin = next(person for person in SIGN_INS if person.role == "admin")
        token = self._sign_in(admin.email, admin.password)
        self._picture(token)
        self._import(token)
        self._ask(400, "POST", "/auth/sign-up", json={"email": GONE, "password": "weak", "name": "Greta Gone"})
        self._own_data()

    def _picture(self, token: str) -> None:
        product = self._ask(200, "GET", "/products").json()["results"][0]["id"]
        file = {"image": ("pixel.png", PIXEL, "image/png")}
        image = self._ask(201, "POST", f"/products/{product}/images", token, files=file, data={"alt": "A dot"}).json()
        thumbnail = self._until(lambda: self._thumbnail(product, image["id"]), "a picture gets its thumbnail")
        self._ask(200, "GET", thumbnail)
        self._ask(204, "DELETE", f"/products/{product}/images/{image['id']}", token)
        self._until(lambda: self._get(thumbnail).status_code == 404, "a removed picture's files are deleted")

    def _thumbnail(self, product: str, image: str) -> str | None:
        images = self._ask(200, "GET", f"/products/{product}").json()["images"]
        (row,) = [row for row in images if row["id"] == image]
        return None if row["thumbnail_url"] == row["url"] else str(row["thumbnail_url"])  # the same until it is made

    def _import(self, token: str) -> None:
        file = {"file": ("products.csv", b"code,name,price\nFURTHER-1,Imported,3.50\n", "text/csv")}
        started = self._ask(202, "POST", "/products/import", token, files=file).json()["id"]
        self._until(
            lambda: self._ask(200, "GET", f"/imports/{started}", token).json()["status"] == "done",
            "a file of products is taken over",
        )

    def _own_data(self) -> None:
        attributes = {"email": GONE, "email_verified": "true", "name": "Greta Gone"}
        self.cognito.admin_create_user(
            UserPoolId=self.pool,
            Username=GONE,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
            MessageAction="SUPPRESS",
        )
        self.cognito.admin_set_user_password(UserPoolId=self.pool, Username=GONE, Password=PASSWORD, Permanent=True)
        token = self._sign_in(GONE, PASSWORD)
        self._ask(202, "GET", "/me/export", token)
        address = self._until(lambda: self._get("/me/export", token).json()["url"], "a person's data is exported")
        self._ask(200, "GET", address)
        self._ask(204, "DELETE", "/me", token)
        self._until(lambda: self._get(address).status_code == 404, "a deleted person's file is deleted")
        self._until(self._unknown, "a deleted person is removed from the user pool")

    def _unknown(self) -> bool:
        try:
            self.cognito.admin_get_user(UserPoolId=self.pool, Username=GONE)
        except self.cognito.exceptions.UserNotFoundException:
            return True
        return False

    def _sign_in(self, email: str, password: str) -> str:
        answer = self._ask(200, "POST", "/auth/login", json={"email": email, "password": password})
        return str(answer.json()["access_token"])

    def _get(self, path: str, token: str = "") -> requests.Response:
        return self._send("GET", path, token)

    def _ask(self, status: int, method: str, path: str, token: str = "", **body: Any) -> requests.Response:
        answer = self._send(method, path, token, **body)
        if answer.status_code != status:
            raise Trouble(f"{method} {path} is answered {answer.status_code}, not {status}: {answer.text[:500]}")
        return answer

    def _send(self, method: str, path: str, token: str = "", **body: Any) -> requests.Response:
        headers: Mapping[str, str] = {"Authorization": f"Bearer {token}"} if token else {}
        once = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        url = path if path.startswith("http") else f"{self.api}{path}"
        return self.session.request(method, url, headers={**headers, **once}, timeout=30, **body)

    @staticmethod
    def _until(holds: Callable[[], Any], what: str) -> Any:
        end = time.monotonic() + WITHIN
        while not (found := holds()):
            if time.monotonic() > end:
                raise Trouble(f"It did not come within {WITHIN:.0f} s that {what}.")
            time.sleep(0.2)
        return found
