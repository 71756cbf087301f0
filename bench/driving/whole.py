"""A whole shop of a bench's own: the services of `bin/up`, and of its processes those wanted, when they are."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from local import running
from local.children import Child
from local.ports import free_port
from local.report import Report, Trouble
from local.services import Ports
from local.shop import Shop

ROOT = Path(__file__).resolve().parents[2]


class WholeShop(Shop):
    """`start` starts those of `at_first`, `add` another one; and in any case `stop`."""

    preparation = ("manage.py", "migrate", "--noinput")  # and no demo shop: what is there, the bench has made

    def __init__(self, state: Path, *, at_first: Collection[str]) -> None:
        super().__init__(ROOT, state, Ports(*(free_port() for _ in range(5))), name="shop", report=Report())
        self.at_first = at_first

    def open(self) -> None:
        self.start(lambda: None)

    def processes(self) -> list[Child]:
        return [child for child in super().processes() if child.name in self.at_first]

    def add(self, name: str) -> None:
        """Returns when the process works. Raises Trouble."""
        child = next(child for child in super().processes() if child.name == name)
        self.children.start(child)
        self._wait_for([child])

    def pid(self, name: str) -> int:
        child = next(child for child in self.children.all if child.name == name)
        if child.process is None:
            raise Trouble(f"{name} was not started.")
        return child.process.pid

    def system(self) -> running.System:
        return running.of(self.services.environment | self.ports.addresses, self.state)

    def stop(self) -> None:
        """At once: nothing of it is to be kept."""
        self.children.kill()
