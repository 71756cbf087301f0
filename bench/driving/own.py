"""A PostgreSQL and a gunicorn of a bench's own, as `bin/up` starts them, on free ports in a temporary folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

from local.children import Child, Children, Interruption
from local.emulator import answers
from local.ports import free_port
from local.postgres import Postgres
from local.report import Report, Trouble
from local.services import Ports
from local.shop import five

ROOT = Path(__file__).resolve().parents[2]
NOT_USED = {
    "SECRET_KEY": "of-a-bench-on-this-machine-alone-that-guards-nothing",
    "TRIGGER_SECRET": "of-a-bench-on-this-machine-alone-that-guards-nothing",
    "SNS_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:none",
    "EVENT_BUS_NAME": "none",
    "QUEUE_URL_PREFIX": "http://127.0.0.1:9/none-",
    "S3_BUCKET": "none",
    "COGNITO_POOL_ID": "none",
    "COGNITO_CLIENT_ID": "none",
    "SECURE_COOKIES": "false",
    "THROTTLE": "false",
    "ALLOWED_HOSTS": "127.0.0.1,.bench.test",
    "LOG_LEVEL": "ERROR",
}
"""Settings that reading the catalog and placing an order do without; the addresses lead nowhere."""


class OwnShop:
    """The database and the web process alone: no relay, no worker, no AWS. Sets this process's own environment, too."""

    def __init__(self, folder: Path) -> None:
        self.state = folder
        self.report = Report()
        self.children = Children(ROOT, folder, self.report)
        self.interruption = Interruption(at_once=self.children.kill)
        self.ports = Ports(web=free_port(), live=free_port(), database=free_port())
        self.postgres = Postgres(folder / "postgres", self.ports.database)
        os.environ.update(NOT_USED | {"DATABASE_URL": self.postgres.url, "DJANGO_SETTINGS_MODULE": "shop.settings"})

    def database(self) -> int:
        """Starts PostgreSQL, durable, with the shop's tables; returns the server's process id."""
        self.postgres.prepare()
        server = self.postgres.child(os.environ)
        self.children.start(server)
        self.postgres.wait(self.children, server, self.interruption.sleep)
        django.setup()
        _migrate()
        return _pid(server)

    @contextmanager
    def web(self, application: str = "shop.wsgi", *, workers: int = 0) -> Iterator[int]:
        """The web process with `bin/up`'s threads and workers (or as many as said), once it answers; its process id."""
        web = self.web_child(application, workers=workers)
        self.children.start(web)
        try:
            self.wait_for_web(web)
            yield _pid(web)
        finally:
            self.children.stop(["web"])

    def web_child(self, application: str = "shop.wsgi", *, workers: int = 0) -> Child:
        started = next(child for child in five(self.ports, self.state, os.environ) if child.name == "web")
        command = [application if word == "shop.wsgi" else word for word in started.command]
        command += ["--workers", str(workers)] if workers else []  # of two, the last counts
        return Child("web", command, os.environ)

    def wait_for_web(self, web: Child) -> None:
        while not answers(f"{self.ports.api}/health/live"):
            self.children.require(web)
            self.interruption.sleep(0.05)

    def stop(self) -> None:
        self.children.stop(["web", "postgres"])
        self.postgres.remove()  # its data may lie elsewhere, see local/postgres.py

    @property
    def postgres_log(self) -> Path:
        return self.children.logs / "postgres.log"


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _pid(child: Child) -> int:
    if child.process is None:
        raise Trouble(f"{child.name} was not started.")
    return child.process.pid
