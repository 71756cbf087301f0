"""What Compose runs of the local set-up: `python -m local.in_containers emulator`, `resources` or `mails`.

All containers share one network, so that 127.0.0.1 is the same place for each of them and for the browser: addresses
that the shop signs and hands out are good for both.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from local.aws import provision
from local.emulator import Emulator
from local.mailbox import server
from local.services import DEFAULT_SENDER, Ports

STATE = Path("/state")
MAILS = STATE / "mails"
ANY = "0.0.0.0"  # noqa: S104  (of a container: the ports are published on 127.0.0.1 alone)


def emulator() -> None:
    child = Emulator(STATE, MAILS, Ports().emulator).child(os.environ)
    settings = {
        "BIND_HOST": ANY,
        # Compose says them to the shop before there is a pool.
        "FIRST_POOL_ID": os.environ["COGNITO_POOL_ID"],
        "FIRST_CLIENT_ID": os.environ["COGNITO_CLIENT_ID"],
    }
    os.execve(child.command[0], list(child.command), {**child.environment, **settings})  # noqa: S606  (no shell is the point)


def resources() -> None:
    """Makes what is missing, and ends with what Compose tells the shop otherwise than it was made."""
    made = provision(
        os.environ["AWS_ENDPOINT_URL"], region=os.environ["AWS_REGION"], environment=os.environ, sender=DEFAULT_SENDER
    )
    if wrong := [name for name, value in made.items() if os.environ.get(name) != value]:
        sys.exit("\n".join(f"{name} must be {made[name]} in docker-compose.yml" for name in wrong))


def mails() -> None:
    server(MAILS, Ports().mail, host=ANY).serve_forever()


PARTS = {"emulator": emulator, "resources": resources, "mails": mails}


if __name__ == "__main__":
    PARTS[sys.argv[1]]()
