"""Who uses the shop meanwhile: customers with accounts of their own, guests, and staff; all by the shop's own doors."""

from __future__ import annotations

from dataclasses import dataclass

from bench.driving.client import Client, Faults, GaveUp
from local.running import System

PASSWORD = "Chaos-12345"  # noqa: S105  (of accounts in this machine's emulator)
IMPATIENT = 6.0  # seconds until a buyer takes an answer for lost, and asks again
CODE = "123456"  # the emulator takes any


@dataclass(frozen=True)
class Buyer:
    """`id` is the account's; a guest has none, and a mail address for each order."""

    name: str
    client: Client
    id: str = ""

    @property
    def is_guest(self) -> bool:
        return not self.id


class People:
    def __init__(self, system: System, faults: Faults, *, customers: int, guests: int) -> None:
        self.system, self.faults = system, faults
        self.staff = self._client(system.staff.email, system.staff.password)
        self.judge = Client(system.api, faults, (system.staff.email, system.staff.password))
        """Staff too, and patient: who reads what has become of all."""
        self.customers = [self._customer(number) for number in range(1, customers + 1)]
        self.guests = [Buyer(f"guest-{number}", self._client()) for number in range(1, guests + 1)]
        for client in (self.staff, self.judge):
            client.token()

    @property
    def buyers(self) -> list[Buyer]:
        return [*self.customers, *self.guests]

    def _client(self, *sign_in: str) -> Client:
        return Client(
            self.system.api,
            self.faults,
            (sign_in[0], sign_in[1]) if sign_in else None,
            answer_within=IMPATIENT,
        )

    def _customer(self, number: int) -> Buyer:
        """Signs up, confirms, signs in: as anybody does."""
        email, guest = f"customer-{number}@chaos.example.com", Client(self.system.api, self.faults)
        body = {"email": email, "password": PASSWORD, "name": f"Customer {number}"}
        for path, sent, status in (
            ("/auth/sign-up", body, 201),
            ("/auth/confirm", {"email": email, "code": CODE}, 204),
        ):
            answer = guest.send("POST", path, sent)
            if answer.status != status:
                raise GaveUp(f"POST {path} was answered {answer.status} {answer.body}")
        client = self._client(email, PASSWORD)
        return Buyer(f"customer-{number}", client, str(client.send("GET", "/me").body["id"]))
