"""`python -m shop.serve`, as a container calls it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from shop.processes import COMMANDS


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
