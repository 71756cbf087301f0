"""docker-compose.yml says what the code says: processes, ports, settings, and names at AWS before there are any."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import yaml
from django.core.management import get_commands

from local import in_containers
from local.aws import provision
from local.children import Children
from local.emulator import CREDENTIALS, Emulator
from local.ports import free_port
from local.services import Ports
from local.tests.conftest import ROOT
from shop.processes import COMMANDS, PORTS
from shop.settings import env

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SETTINGS: dict[str, str] = {name: value for name, value in COMPOSE["x-settings"].items() if name != "REDIS_URL"}
SDK = {*CREDENTIALS, "AWS_REGION"}  # what botocore reads itself


def test_each_process_of_the_shop_is_a_service_that_serves_it() -> None:
    commands = {name: service.get("command", []) for name, service in SERVICES.items()}
    served = {name: words[-1] for name, words in commands.items() if "shop.serve" in words}
    assert served == {name: name for name in COMMANDS}


def test_every_other_command_of_ours_exists() -> None:
    ours = [service["command"] for service in SERVICES.values() if "build" in service]
    assert {words[-1] for words in ours if "local.in_containers" in words} == set(in_containers.PARTS)
    assert {words[-1] for words in ours if "manage.py" in words} <= set(get_commands())


def test_every_setting_is_one_that_the_shop_or_the_sdk_reads() -> None:
    known = {variable.name for variable in env.variables} | SDK
    assert set(COMPOSE["x-settings"]) <= known


def test_the_shop_starts_with_these_settings() -> None:
    started = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **SETTINGS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 0, started.stderr


def test_the_addresses_are_those_of_bin_up_and_nobody_else_reaches_them() -> None:
    ports = Ports()
    published = {line for service in SERVICES.values() for line in service.get("ports", [])}
    same = (PORTS["web"], PORTS["live"], ports.emulator, ports.mail)
    assert published == {f"127.0.0.1:{port}:{port}" for port in same} | {f"127.0.0.1:{ports.database}:5432"}
    assert (PORTS["web"], PORTS["live"]) == (ports.web, ports.live)
    assert SETTINGS["PUBLIC_URL"] == ports.api
    assert SETTINGS["LIVE_URL"] == ports.feed


def test_nothing_of_the_shop_starts_before_what_it_stands_on() -> None:
    for name in set(COMMANDS) - {"migrate"}:
        waits = {other: how["condition"] for other, how in SERVICES[name]["depends_on"].items()}
        assert waits == {
            "database": "service_healthy",
            "emulator": "service_healthy",
            "resources": "service_completed_successfully",
            "migrate": "service_completed_successfully",
        }
    assert all("healthcheck" in SERVICES[name] for name in ("database", "cache", "emulator", "mails"))


def test_nobody_is_root_or_writes_to_an_image() -> None:
    for name, service in SERVICES.items():
        if "build" in service:
            assert service["read_only"], name
            assert service["cap_drop"] == ["ALL"], name


def test_the_emulator_makes_what_the_settings_name(children: Children, state: Path) -> None:
    emulator = Emulator(state / "emulator", state / "mails", free_port())
    ids = {"FIRST_POOL_ID": SETTINGS["COGNITO_POOL_ID"], "FIRST_CLIENT_ID": SETTINGS["COGNITO_CLIENT_ID"]}
    child = emulator.child({**os.environ, **CREDENTIALS, **ids})
    children.start(child)
    emulator.wait(children, child, time.sleep)

    made = provision(emulator.endpoint, region=SETTINGS["AWS_REGION"], environment=CREDENTIALS)

    here = {name: value.replace(str(emulator.port), str(Ports().emulator)) for name, value in made.items()}
    assert here == {name: SETTINGS[name] for name in made}
