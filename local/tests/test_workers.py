"""How `bin/test` shares tests among workers: pytest itself is run, on small suites of a few lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.tests.conftest import ROOT
from local.workers import FEW

OWN = ("QUEUE_URL_PREFIX", "SNS_TOPIC_ARN", "EVENT_BUS_NAME", "S3_BUCKET", "COGNITO_POOL_ID", "COGNITO_CLIENT_ID")


def run(folder: Path, tests: dict[str, str], *words: str) -> str:
    """What pytest says of these tests, which pass."""
    for name, text in tests.items():
        (folder / name).write_text(text)
    (folder / "pytest.ini").write_text("[pytest]\nDJANGO_SETTINGS_MODULE = shop.settings\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "local.workers", "--dist", "loadfile", *words, str(folder)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_two_workers_have_no_resource_in_common_with_each_other_or_with_the_tests_beside_them(tmp_path: Path) -> None:
    test = f"""
import json, os, pathlib
from django.conf import settings

def test_it() -> None:
    told = {{name: getattr(settings, name) for name in {OWN}}}
    (pathlib.Path(__file__).parent / f"{{os.environ['PYTEST_XDIST_WORKER']}}.json").write_text(json.dumps(told))
"""
    run(tmp_path, {"test_one.py": test, "test_two.py": test}, "-n2")
    first, second = (json.loads((tmp_path / f"gw{number}.json").read_text()) for number in range(2))
    for name in OWN:
        assert len({first[name], second[name], os.environ[name]}) == 3, name


@pytest.mark.parametrize(
    ("count", "words", "shared"),
    [(FEW + 1, (), True), (FEW, (), False), (FEW + 1, ("-k", "it"), False)],
)
def test_only_many_files_are_shared_among_workers(
    tmp_path: Path, count: int, words: tuple[str, ...], shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REDIS_URL", raising=False)
    tests = {f"test_{number}.py": "def test_it() -> None: ..." for number in range(count)}
    said = run(tmp_path, tests, "-p", "no:django", "-n", "auto", *words)
    assert ("workers [" in said) == (shared and len(os.sched_getaffinity(0)) > 1)
    assert f"{count} passed" in said.splitlines()[-1]
