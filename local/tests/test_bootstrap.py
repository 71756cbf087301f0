from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local import bootstrap
from local.report import Report, Trouble
from local.tests.conftest import ROOT


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "requirements-dev.txt"
    file.write_text(
        "uv==1.0 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nuvicorn==2.0 \\\n    --hash=sha256:cc\n"
    )
    return file


@pytest.fixture
def venv(tmp_path: Path, lock: Path) -> Path:
    folder = tmp_path / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").touch()
    (folder / bootstrap.STAMP).write_text(bootstrap.stamp_of(lock, folder))
    return folder


def test_it_keeps_a_complete_venv(lock: Path, venv: Path) -> None:
    assert bootstrap.is_complete(lock, venv)


def test_it_makes_a_venv_anew_that_was_interrupted_before_its_stamp(lock: Path, venv: Path) -> None:
    (venv / bootstrap.STAMP).unlink()
    assert not bootstrap.is_complete(lock, venv)


def test_it_makes_a_venv_anew_when_the_lock_changes(lock: Path, venv: Path) -> None:
    lock.write_text(lock.read_text().replace("1.0", "1.1"))
    assert not bootstrap.is_complete(lock, venv)


def test_it_makes_a_venv_anew_that_was_moved(lock: Path, venv: Path) -> None:
    assert not bootstrap.is_complete(lock, venv.rename(venv.with_name("moved")))


def test_it_makes_a_venv_anew_whose_python_is_gone(lock: Path, venv: Path) -> None:
    (venv / "bin" / "python").unlink()
    assert not bootstrap.is_complete(lock, venv)


def test_it_names_the_line_that_installs_what_an_ordinary_user_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "LIBRARIES", {"libno-such-thing.so.0": "libno-such-thing0"})
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Trouble, match="apt-get install -y --no-install-recommends libno-such-thing0"):
        bootstrap.check_machine(Report())


def test_the_preparation_imports_nothing_but_the_standard_library() -> None:
    """-S leaves out every installed package, -I the environment: what a bare machine has."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); import local.bootstrap; print('ok')"
    run = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("ok\n", "")


@pytest.mark.parametrize("command", ["up", "test"])
def test_a_command_without_a_new_enough_python_names_the_install_line(command: str, tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    tools = tmp_path / "tools"
    tools.mkdir()
    for tool in ("dirname", "sh"):
        found = subprocess.run(["sh", "-c", f"command -v {tool}"], capture_output=True, text=True, check=True)
        (tools / tool).symlink_to(found.stdout.strip())
    run = subprocess.run(
        [str(ROOT / "bin" / command)],
        env={"PATH": f"{tmp_path}:{tools}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert "3.11" in run.stderr
    assert "apt-get install -y python3" in run.stderr
