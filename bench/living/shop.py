"""All that a live update takes: PostgreSQL, the AWS emulator, Valkey, web, relay and live, each of the bench's own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from bench.driving.gates import Gate
from bench.driving.own import OwnShop
from bench.living import valkey
from bench.living.people import ISSUER, Issuer
from bench.living.wires import PLAIN, Notifications
from local.aws import provision
from local.children import Child, end_group
from local.emulator import CREDENTIALS, Emulator, answers
from local.ports import free_port
from local.report import Trouble
from local.shop import WORKS, five

READY_WITHIN = 90.0
OPEN = {
    "LOG_LEVEL": "INFO",
    "THROTTLE": "true",
    **{
        f"THROTTLE_{name}": "1000000/minute"
        for name in ("READS", "WRITES", "STAFF", "CREDENTIALS", "EMAILS", "CONNECTS")
    },
}
"""Everything is counted, as in production, and nobody is refused: all of a run's clients have one address."""


class LiveShop:
    """`start`, and in any case `stop`. Between the live process and PostgreSQL stands `wire`."""

    def __init__(self, folder: Path) -> None:
        self.own = OwnShop(folder)
        self.report, self.interruption, self.children = self.own.report, self.own.interruption, self.own.children
        self.emulator = Emulator(folder / "emulator", folder / "mails", free_port())
        self.issuer = Issuer()
        self.notifications = Notifications()
        self.valkey_port = free_port()
        self.ports = self.own.ports

    def start(self) -> None:
        os.environ.update(CREDENTIALS | OPEN | {"REDIS_URL": f"redis://127.0.0.1:{self.valkey_port}/0"})
        emulator = self.emulator.child(os.environ)
        self.children.start(emulator)
        self.emulator.wait(self.children, emulator, self.interruption.sleep)
        made = provision(self.emulator.endpoint, environment=os.environ)
        os.environ.update(made | {"COGNITO_ISSUER": ISSUER, "COGNITO_JWKS_URL": self.issuer.address})
        self.valkey = valkey.child(self.valkey_port, os.environ)
        self.children.start(self.valkey)
        valkey.wait(self.valkey_port)
        self.postgres_pid = self.own.database()
        self.wire = Gate(self.ports.database, self.notifications.sieve)
        through = {"DATABASE_URL": self.own.postgres.url.replace(f":{self.ports.database}/", f":{self.wire.port}/")}
        processes = {child.name: child for child in five(self.ports, self.own.state, os.environ)}
        self.web, self.relay = processes["web"], processes["relay"]
        self.live = Child("live", processes["live"].command, os.environ | PLAIN | through)
        for child in (self.web, self.relay, self.live):
            self.children.start(child)
        self.own.wait_for_web(self.web)
        self.wait_for_live()
        log = self.children.logs / "relay.log"
        self._wait_for(self.relay, lambda: WORKS["relay"] in log.read_text(errors="replace"))

    def wait_for_live(self) -> None:
        self._wait_for(self.live, lambda: answers(f"http://127.0.0.1:{self.ports.live}/health/live"))

    def _wait_for(self, child: Child, works: Callable[[], bool]) -> None:
        end = time.monotonic() + READY_WITHIN
        while not works():
            self.children.require(child)
            if time.monotonic() > end:
                raise Trouble(f"{child.name} is not ready after {READY_WITHIN:.0f} s.\n\n{self.children.tail(child)}")
            self.interruption.sleep(0.05)

    @property
    def live_pid(self) -> int:
        """The worker's: the one that holds the sockets."""
        if self.live.process is None:
            raise Trouble("The live process was not started.")
        master = self.live.process.pid
        (worker,) = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        return int(worker)

    def kill(self, child: Child) -> None:
        """-9, with all that it has begun."""
        if child.process is not None:
            end_group(child.process.pid)
            child.process.wait()

    def stop(self) -> None:
        self.children.stop(["live", "web", "relay"])
        self.children.stop(["valkey", "emulator"])
        self.own.stop()


def unsent(port: int) -> int:
    """Bytes that the kernel holds for the clients of a port, because they have not taken them yet."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(int(row[4].partition(":")[0], 16) for row in rows if row[1].endswith(f":{port:04X}"))
