"""`python -m shop.serve` and `python -m shop.healthy`, as a container calls them."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from typing import Any
from wsgiref.simple_server import make_server
from wsgiref.types import StartResponse

import pytest
from django.conf import settings

from shop import healthy
from shop.processes import COMMANDS, PORTS
from shop.settings import env


def serve(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "shop.serve", *words], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("process", ["web", "live"])
def test_gunicorn_takes_the_command_and_finds_the_application(process: str) -> None:
    ended = serve(process, "--check-config")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("process", ["worker", "beat", "relay"])
def test_what_follows_the_name_is_handed_on(process: str) -> None:
    ended = serve(process, "--no-such-option")
    assert ended.returncode == 2
    assert "--no-such-option" in ended.stderr


def test_migrate_asks_nothing_and_names_what_is_to_be_done() -> None:
    ended = serve("migrate", "--plan")
    assert ended.returncode == 0, ended.stderr
    assert "orders.0001_initial" in ended.stdout


@pytest.mark.parametrize("words", [(), ("wbe",)])
def test_it_names_the_processes_to_who_asks_for_none_of_them(words: tuple[str, ...]) -> None:
    ended = serve(*words)
    assert ended.returncode == 2
    assert ", ".join(COMMANDS) in ended.stderr


@pytest.mark.parametrize("process", ["web", "live"])
def test_who_answers_nobody_is_not_healthy(process: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes connections and never answers
        monkeypatch.setitem(PORTS, process, silent.getsockname()[1])
        monkeypatch.setattr("shop.healthy.WITHIN", 0.2)
        monkeypatch.setattr("sys.argv", ["healthy", process])
        assert healthy.main() == 1


@pytest.mark.parametrize(("path_answer", "code"), [(200, 0), (503, 1)])
def test_who_answers_well_is_healthy(path_answer: int, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def application(environ: dict[str, Any], start: StartResponse) -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        start(f"{path_answer} Said", [])
        return [b""]

    asked: list[str] = []
    with make_server("127.0.0.1", 0, application) as server:
        monkeypatch.setitem(PORTS, "web", server.server_port)
        monkeypatch.setattr("sys.argv", ["healthy", "web"])
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        assert healthy.main() == code
        answering.join()
    assert asked == ["/health/live"]


def test_a_process_that_listens_to_nobody_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["healthy", "worker"])
    assert healthy.main() == 0


def test_the_image_collects_its_static_files_with_all_settings_that_are_required() -> None:
    dockerfile = (settings.BASE_DIR / "Dockerfile").read_text()
    for variable in env.variables:
        assert (f"{variable.name}=" in dockerfile) == (variable.default == "required"), variable.name
