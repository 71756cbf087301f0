"""Two versions of the shop's processes on one database, one set of queues, and one address for clients."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.changing.balancer import Balancer, Target
from local.children import Child, Children, Interruption
from local.emulator import answers
from local.ports import free_port
from local.report import Report, Trouble
from local.services import Ports, Services
from shop.processes import command

HOW_MANY = {"web": 2, "live": 2, "relay": 2, "worker": 1, "beat": 1}
ALONE = ("beat",)
"""Of which there must never be two: the old one ends first."""
LOGS = {"worker": (" ready.",), "beat": ("beat: Starting",), "relay": ("active", "another relay is active")}
READY_WITHIN, ENDS_WITHIN = 90.0, 45.0


@dataclass
class Member:
    """One running process of one version."""

    child: Child
    children: Children
    target: Target | None


class Fleet:
    """`start`, and in any case `stop`. `web` and `live` are the balancers of the two addresses."""

    def __init__(self, versions: dict[str, Path], state: Path) -> None:
        self.report = Report()
        self.children = {name: Children(root, state, self.report) for name, root in versions.items()}
        self.own = next(iter(self.children.values()))
        self.interruption = Interruption(at_once=self.own.kill)
        self.balancers = {"web": Balancer(), "live": Balancer()}
        ports = Ports(self.balancers["web"].port, self.balancers["live"].port, *(free_port() for _ in range(3)))
        self.ports, self.state = ports, state
        self.services = Services(self.own, state, ports, report=self.report, interruption=self.interruption)
        self.members: dict[str, list[Member]] = {process: [] for process in HOW_MANY}
        self.ends: dict[str, int] = {}
        """Of each process that was told to end: its exit status."""

    def start(self, version: str) -> None:
        if self.services.postgres:
            self.services.postgres.prepare()
        self.services.start()
        self.services.run([sys.executable, "-m", "local.prepare"])
        for balancer in self.balancers.values():
            balancer.start()
        for process, count in HOW_MANY.items():
            for _ in range(count):
                self.add(process, version)

    def migrate(self, version: str) -> None:
        """As the deployment does: by the new version, before anything of it is started."""
        child = self._child("migrate", version, 0)
        children = self.children[version]
        children.start(child)
        while child.running:
            self.interruption.sleep(0.05)
        if child.process is None or child.process.returncode:
            raise Trouble(f"The migration failed.\n\n{children.tail(child)}")
        children.stop([child.name])

    def change(self, process: str, version: str) -> None:
        """One after the other: a new one that is ready, and then an old one less."""
        for member in list(self.members[process]):
            if process in ALONE:
                self.remove(process, member)
                self.add(process, version)
            else:
                self.add(process, version)
                self.remove(process, member)

    def add(self, process: str, version: str) -> None:
        port = free_port() if process in self.balancers else 0
        child, children = self._child(process, version, port), self.children[version]
        children.start(child)
        self._wait(lambda: self._works(process, child, children, port), child, children)
        target = Target(version, port) if port else None
        if target:
            self.balancers[process].register(target)
        self.members[process].append(Member(child, children, target))

    def remove(self, process: str, member: Member) -> None:
        """Told to end at once, with what is under way: a balancer's pause before that would only make it easier."""
        if member.target:
            self.balancers[process].deregister(member.target)
        running = member.child.process
        member.children.stop([member.child.name], within=ENDS_WITHIN)
        self.members[process].remove(member)
        if running:
            self.ends[member.child.name] = running.returncode

    def stop(self) -> None:
        for process in ("web", "live", "beat", "relay", "worker"):
            for member in list(self.members[process]):
                member.children.stop([member.child.name], within=ENDS_WITHIN)
        for balancer in self.balancers.values():
            balancer.stop()
        for children in self.children.values():
            children.stop(["mails", "emulator"])
            children.stop(["postgres"])

    def _child(self, process: str, version: str, port: int) -> Child:
        name = f"{process}-{version}-{port or time.monotonic_ns() % 10**6}"
        scratch = self.state / "run"
        options = ("--workers", "1") if process == "web" else ()
        words = command(process, *options, host="127.0.0.1", port=port or None, scratch=str(scratch))
        return Child(name, [sys.executable, *words], self.services.environment)

    def _works(self, process: str, child: Child, children: Children, port: int) -> bool:
        if port:
            return answers(f"http://127.0.0.1:{port}/health/{'ready' if process == 'web' else 'live'}")
        text = (children.logs / f"{child.name}.log").read_text(errors="replace")
        return any(word in text for word in LOGS[process])

    def _wait(self, works: Callable[[], bool], child: Child, children: Children) -> None:
        end = time.monotonic() + READY_WITHIN
        while not works():
            children.require(child)
            if time.monotonic() > end:
                raise Trouble(f"{child.name} is not ready after {READY_WITHIN:.0f} s.\n\n{children.tail(child)}")
            self.interruption.sleep(0.05)
