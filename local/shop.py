"""The whole shop on this machine: its services, the database, the five processes; started, watched, ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from local import running
from local.children import Child, Children, Interruption, end_leftovers
from local.emulator import answers
from local.report import Report, Trouble
from local.services import Ports, Services
from shop.processes import COMMANDS, ONCE, command

ORDER_OF_END = (("web", "live", "beat", "relay", "worker"), ("mails", "emulator"), ("postgres",))
WORKS = {"worker": " ready.", "beat": "beat: Starting", "relay": "active"}
"""What a process without an address writes to its log once it works."""


def five(ports: Ports, state: Path, environment: Mapping[str, str]) -> list[Child]:
    """The processes of `docs/architecture.md`, on this machine alone, and in a hurry to end."""
    listening = {"web": ports.web, "live": ports.live}
    return [
        Child(
            name,
            [
                sys.executable,
                *command(
                    name,
                    *(("--graceful-timeout", "5") if name in listening else ()),
                    host="127.0.0.1",
                    port=listening.get(name),
                    scratch=str(state / "run"),
                ),
            ],
            environment,
        )
        for name in COMMANDS
        if name not in ONCE
    ]


class Shop:
    """`start`, `watch` until `Interrupted`, and in any case `stop`."""

    preparation: tuple[str, ...] = ("-m", "local.prepare")
    """What makes the tables, and what is in them at first."""

    def __init__(self, root: Path, state: Path, ports: Ports, *, name: str, report: Report) -> None:
        self.state, self.ports, self.report = state, ports, report
        self.children = Children(root, state, report)
        self.interruption = Interruption(at_once=self.children.kill)
        self.services = Services(self.children, state, ports, report=report, interruption=self.interruption, name=name)
        self._to_heal = False

    def start(self, check: Callable[[], None]) -> None:
        """Starts all. `check` runs when an earlier run's leftovers are gone, and before anything is started."""
        if count := end_leftovers(self.state):
            self.report.note(f"processes that an earlier run left behind were ended: {count}")
        (self.state / "env").unlink(missing_ok=True)
        if self.services.postgres:
            self.services.postgres.prepare()
        check()
        own = ["PostgreSQL"] if self.services.postgres else []
        own += ["AWS emulator"] if self.services.emulator else []
        with self.report.step(", ".join((*own, "queues, topic, bus, bucket and user pool"))):
            self.services.start()
        web, *others = self.processes()
        self.children.start(web)  # it loads while the tables are made; its address is told afterwards
        with self.report.step("Tables and demo shop in the database"):
            self.services.run([sys.executable, *self.preparation])
        if self.services.forgot:
            self.services.publish_lost()
        with self.report.step("web"):
            self._wait_for([web])
        with self.report.step(", ".join(child.name for child in others)):
            for child in others:
                self.children.start(child)
            self._wait_for(others)
        running.write(self.state, self.services.environment | self.ports.addresses)

    def processes(self) -> list[Child]:
        """What is to run, web first; none of it is started yet."""
        return five(self.ports, self.state, self.services.environment)

    def _wait_for(self, processes: list[Child], within: float = 90.0) -> None:
        waiting, end = list(processes), time.monotonic() + within
        while waiting:
            for child in list(waiting):
                self.children.require(child)
                if self._works(child):
                    waiting.remove(child)
            if waiting and time.monotonic() > end:
                names = ", ".join(child.name for child in waiting)
                raise Trouble(f"Not ready after {within:.0f} s: {names}. See their logs in {self.children.logs}.")
            self.interruption.sleep(0.05)

    def _works(self, child: Child) -> bool:
        if child.name == "web":
            return answers(f"{self.ports.api}/health/ready")
        if child.name == "live":
            return answers(f"http://127.0.0.1:{self.ports.live}/health/live")
        return WORKS[child.name] in (self.children.logs / f"{child.name}.log").read_text(errors="replace")

    def watch(self) -> None:
        """Keeps all running until somebody asks to end."""
        while True:
            self.look_after()
            self.interruption.sleep(0.2)

    def look_after(self) -> None:
        """Starts again what has died, and publishes again what the emulator lost by it."""
        self.children.revive(also=self._started_again)
        if self._to_heal:
            self._to_heal = not self.services.heal()

    def _started_again(self, child: Child) -> None:
        self._to_heal = self._to_heal or child.name == "emulator"

    def stop(self) -> None:
        """Ends all; the services last, so that the processes can put their work away."""
        (self.state / "env").unlink(missing_ok=True)
        for names in ORDER_OF_END:
            self.children.stop(names, within=30.0)  # a worker ends its task first, and others may be in its way
