"""Fixtures for the tests of the launcher: a state folder that PostgreSQL's account reaches, and children that end."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.children import Children
from local.report import Report

ROOT = Path(__file__).resolve().parent.parent.parent
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE")


@pytest.fixture(scope="session")
def plain_environment() -> dict[str, str]:
    """The environment of somebody who has set nothing: without the settings that these tests themselves run with."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}


@pytest.fixture
def state() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="shop local ")).resolve()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def children(state: Path) -> Iterator[Children]:
    children = Children(ROOT, state, Report())
    yield children
    children.kill()
