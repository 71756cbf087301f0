"""One short round of `bin/chaos`, whole: it finds nothing, has broken what it says, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]
KEPT = ("PATH", "HOME", "LANG", "TMPDIR")  # none of the settings that this test itself runs with
KINDS = ("kill relay", "AWS partial", "AWS lost", "three times", "sockets cut")
HURRIED = ("--seconds", "3", "--visibility", "9", "--receives", "4")


@pytest.fixture
def folder() -> Iterator[Path]:
    """One that PostgreSQL's account reaches, as pytest's own are not."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def test_a_round_with_faults_of_every_sort_ends_without_a_difference(folder: Path) -> None:
    told, only = folder / "told.json", [word for kind in KINDS for word in ("--only", kind)]
    words = ["--seed", "0", "--round", "1", *HURRIED, *only, "--json", str(told)]
    environment = {name: os.environ[name] for name in KEPT if name in os.environ} | {"TMPDIR": str(folder)}
    ended = subprocess.run(
        [sys.executable, "-m", "bench.chaos", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    found: dict[str, Any] = json.loads(told.read_text())
    (played,) = found["rounds"]
    assert found["differences"] == 0
    assert {check["name"]: check["differences"] for check in played["checks"] if check["differences"]} == {}
    assert {kind for _, what in played["happened"] for kind in KINDS if what.startswith(kind)} == set(KINDS)
    assert min(played["counts"][what] for what in ("orders", "confirmed", "copies", "reconnects")) > 0
    assert list(folder.glob("shop-chaos-*")) == []
