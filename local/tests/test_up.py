"""The whole shop, started, hurt and ended as people do it. One shop for the module: a start takes seconds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from local.aws import SIGN_INS
from local.children import leftovers
from local.ports import free_port, is_busy
from local.running import written
from local.services import Ports, forget
from local.tests.conftest import ROOT

PROCESSES = ("web", "live", "worker", "relay", "beat", "postgres", "emulator", "mails")


def wait_until(holds: Callable[[], Any], within: float = 120.0) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@dataclass
class Running:
    state: Path
    ports: Ports
    environment: dict[str, str]
    said: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def command(self) -> list[str]:
        numbers = {
            "--port": self.ports.web,
            "--live-port": self.ports.live,
            "--emulator-port": self.ports.emulator,
            "--database-port": self.ports.database,
            "--mail-port": self.ports.mail,
        }
        words = [word for option, number in numbers.items() for word in (option, str(number))]
        return [sys.executable, "-m", "local.up", "--state", str(self.state), *words]

    def start(self) -> None:
        (self.state / "env").unlink(missing_ok=True)  # a killed launcher left it
        with self.said.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdout=output, stderr=subprocess.STDOUT
            )
        wait_until(lambda: (self.state / "env").exists() or self.ended())
        assert not self.ended(), self.said.read_text()

    def ended(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None

    def end(self, number: signal.Signals) -> int:
        assert self.process is not None
        if not self.ended():
            self.process.send_signal(number)
        return self.process.wait(60)

    def pid(self, name: str) -> int:
        try:
            return int((self.state / "run" / f"{name}.pid").read_text())
        except (OSError, ValueError):
            return 0

    def nothing_left(self) -> bool:
        """No process with our mark, and nobody on our ports (PostgreSQL hides its environment)."""
        numbers = (self.ports.web, self.ports.live, self.ports.emulator, self.ports.database, self.ports.mail)
        return not leftovers(self.state) and not any(is_busy(number) for number in numbers)

    def orders(self) -> list[str]:
        with psycopg.connect(written(self.state / "env")["DATABASE_URL"]) as db:
            return [str(row[0]) for row in db.execute("SELECT id FROM orders_order ORDER BY id").fetchall()]

    def token(self, role: str) -> str:
        person = next(person for person in SIGN_INS if person.role == role)
        body = {"email": person.email, "password": person.password}
        answer = requests.post(f"{self.ports.api}/auth/login", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, plain_environment: dict[str, str]) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("up")
    ports = Ports(*(free_port() for _ in range(5)))
    running = Running(folder / "state of a shop", ports, plain_environment, folder / "said.txt")
    running.start()
    yield running
    running.end(signal.SIGTERM)
    forget(running.state)


def test_it_says_addresses_and_sign_ins_that_work(shop: Running) -> None:
    said = shop.said.read_text()
    for address in (shop.ports.api, f"{shop.ports.api}/docs", f"{shop.ports.api}/admin/", shop.ports.mails):
        assert address in said
        assert requests.get(address, timeout=30).status_code == 200
    for person in SIGN_INS:
        assert person.password in said
        assert shop.token(person.role)


def test_a_second_one_says_that_one_runs_and_leaves_it_alone(shop: Running) -> None:
    assert shop.process is not None
    second = subprocess.run(
        shop.command, cwd=ROOT, env=shop.environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert second.returncode == 1
    assert f"It runs already, as process {shop.process.pid}" in second.stderr
    assert requests.get(f"{shop.ports.api}/health/ready", timeout=30).status_code == 200


def test_another_folder_on_the_same_ports_is_told_which_options_to_use(shop: Running, tmp_path: Path) -> None:
    command = [*shop.command, "--state", str(tmp_path / "other")]
    other = subprocess.run(
        command, cwd=ROOT, env=shop.environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert other.returncode == 1
    assert f"Port {shop.ports.web} is in use by " in other.stderr
    for option in ("--port", "--live-port", "--emulator-port", "--database-port", "--mail-port"):
        assert f"Choose another with {option} N." in other.stderr


@pytest.mark.parametrize("name", PROCESSES)
def test_a_killed_process_is_started_again_and_said(shop: Running, name: str) -> None:
    killed = shop.pid(name)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: shop.pid(name) not in (0, killed))
    assert f"{name} ended by signal 9 (SIGKILL): starting it again" in shop.said.read_text()
    wait_until(lambda: answers(shop))


def answers(shop: Running) -> bool:
    try:
        return requests.get(f"{shop.ports.api}/health/ready", timeout=30).status_code == 200
    except requests.RequestException:
        return False


def test_people_can_sign_in_after_the_emulator_was_killed(shop: Running) -> None:
    before = shop.pid("emulator")
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: "events published again" in shop.said.read_text() and answers(shop))
    assert shop.token("staff")


def test_the_end_leaves_nothing_and_the_next_start_finds_the_same_orders(shop: Running) -> None:
    orders = shop.orders()
    assert orders
    assert shop.end(signal.SIGINT) == 0
    assert shop.nothing_left()
    shop.start()
    assert shop.orders() == orders
    assert shop.token("customer")


def test_a_killed_launcher_takes_all_along_and_the_next_start_finds_the_same_orders(shop: Running) -> None:
    orders = shop.orders()
    shop.end(signal.SIGKILL)
    wait_until(shop.nothing_left)
    shop.start()
    assert shop.orders() == orders
    assert shop.token("customer")
