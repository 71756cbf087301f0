"""A whole shop of the bench's own, as `bin/up` has it, with AWS behind a proxy; two relays and two workers in it."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3

from bench.chaos.wire.proxy import Proxy
from local import running
from local.children import Child, Interrupted
from local.ports import free_port
from local.report import Report, Trouble
from local.services import Ports, Services
from local.shop import WORKS, Shop
from shop.subscriptions import INBOUND, SUBSCRIPTIONS, TASK_QUEUE

ROOT = Path(__file__).resolve().parents[2]
TWICE = ("worker", "relay")
PROCESSES = ("web", "live", "worker", "worker-2", "relay", "relay-2", "beat")
WAITING = "waiting: another relay is active"
THROUGH = ("AWS_ENDPOINT_URL", "QUEUE_URL_PREFIX", "COGNITO_JWKS_URL")
"""The settings that name the emulator, and for the shop's processes the proxy instead."""


class Journal(Report):
    """Says what happens by itself, the deaths of processes above all, only where that is asked for."""

    def __init__(self, *, talkative: bool) -> None:
        super().__init__()
        self.talkative = talkative

    def note(self, text: str) -> None:
        if self.talkative:
            super().note(text)


class HurriedServices(Services):
    """As bin/up's, with other times on the queues: see settings.py."""

    visibility_timeout = 30
    max_receives = 7

    def provision(self) -> dict[str, str]:
        made = super().provision()
        sqs = client("sqs", made, self.environment)
        for name in (TASK_QUEUE, *SUBSCRIPTIONS, *INBOUND):
            url = f"{made['QUEUE_URL_PREFIX']}{name}"
            told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedrivePolicy"])["Attributes"]
            redrive = json.loads(told["RedrivePolicy"]) | {"maxReceiveCount": str(self.max_receives)}
            wanted = {"VisibilityTimeout": str(self.visibility_timeout), "RedrivePolicy": json.dumps(redrive)}
            sqs.set_queue_attributes(QueueUrl=url, Attributes=wanted)
        return made


class ChaosShop(Shop):
    """`start`, `look_after` again and again, and in any case `stop`; all from the main thread."""

    services: HurriedServices
    preparation = ("manage.py", "migrate", "--noinput")  # and no demo shop: what is there, the bench has made

    def __init__(self, state: Path, *, report: Journal, seed: int, visibility_timeout: int, max_receives: int) -> None:
        super().__init__(ROOT, state, Ports(*(free_port() for _ in range(5))), name="shop", report=report)
        self.services = HurriedServices(self.children, state, self.ports, report=report, interruption=self.interruption)
        self.services.visibility_timeout, self.services.max_receives = visibility_timeout, max_receives
        if self.services.postgres and self.services.postgres.home != state / "postgres":
            self.services.postgres.remove()  # it would lie outside of the disk that can be full
            raise Trouble(f"PostgreSQL's account cannot reach {state}: set TMPDIR to a folder that all may look into.")
        self.proxy = Proxy(self.ports.emulator, seed)
        self._healing = threading.Thread()
        self._begun: dict[str, int] = {}
        """Process → where in its log its present life begins."""

    def processes(self) -> list[Child]:
        emulator, proxy = f":{self.ports.emulator}/", f":{self.proxy.port}/"
        given = self.services.environment
        environment = given | {name: f"{given[name]}/".replace(emulator, proxy).rstrip("/") for name in THROUGH}
        environment |= {
            "DJANGO_SETTINGS_MODULE": "bench.chaos.settings",
            "CHAOS_VISIBILITY_TIMEOUT": str(self.services.visibility_timeout),
            "CHAOS_MAX_RECEIVES": str(self.services.max_receives),
        }
        web, *others = (replace(child, environment=environment) for child in super().processes())
        seconds = [replace(child, name=f"{child.name}-2") for child in others if child.name in TWICE]
        return [web, *others, *seconds]

    def open(self) -> None:
        self.proxy.start()
        self.start(lambda: None)

    def works(self, child: Child) -> bool:
        return child.running and self._works(child)

    def _works(self, child: Child) -> bool:
        """Of two relays one waits. What a process said in an earlier life does not count."""
        kind = child.name.removesuffix("-2")
        if kind not in WORKS:
            return super()._works(child)
        with (self.children.logs / f"{child.name}.log").open(errors="replace") as log:
            log.seek(self._begun.get(child.name, 0))
            said = log.read()
        return WORKS[kind] in said or (kind == "relay" and WAITING in said)

    def look_after(self) -> None:
        """As bin/up does it, but for the healing, which may take seconds and holds up nobody here."""
        self.children.revive(also=self._started_again)
        if self._to_heal and not self._healing.is_alive():
            self._healing = threading.Thread(target=self._heal, daemon=True)
            self._healing.start()

    def _heal(self) -> None:
        self._to_heal = False  # the emulator may be killed again meanwhile
        try:
            if not self.services.heal():
                self._to_heal = True
        except Interrupted:
            return

    def not_working(self) -> str:
        names = [child.name for child in self.children.all if child.name in PROCESSES and not self.works(child)]
        return ", ".join([*names, *(["what the emulator lost"] if self._to_heal or self._healing.is_alive() else [])])

    def exchange(self, child: Child) -> None:
        """Puts it in the place of the running process of its name, and returns when it works. Raises Trouble."""
        self.children.stop([child.name], within=30.0)
        self._begun.pop(child.name, None)
        self.children.start(child)
        self._wait_for([child])

    def _started_again(self, child: Child) -> None:
        super()._started_again(child)
        self._begun[child.name] = (self.children.logs / f"{child.name}.log").stat().st_size

    def child(self, name: str) -> Child:
        return next(child for child in self.children.all if child.name == name)

    def system(self) -> running.System:
        return running.of(self.services.environment | self.ports.addresses, self.state)

    def stop(self) -> None:
        """At once: nothing of it is to be kept."""
        self.children.kill()
        self.proxy.stop()


def client(service: str, made: dict[str, str], environment: dict[str, str]) -> Any:
    return boto3.client(service, **running.for_aws(environment | made))  # type: ignore[call-overload]
