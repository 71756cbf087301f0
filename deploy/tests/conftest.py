"""Both variants, synthesized once each for all tests. Run by `bin/test deploy`, in an environment of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy import node

node.use()  # before anything imports aws_cdk

from deploy.tests.synthesized import Synthesized, synthesize  # noqa: E402


@pytest.fixture(scope="session")
def standard(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return synthesize(tmp_path_factory.mktemp("standard"), variant="standard")


@pytest.fixture(scope="session")
def lean(tmp_path_factory: pytest.TempPathFactory) -> Synthesized:
    return synthesize(tmp_path_factory.mktemp("lean"), variant="lean")


@pytest.fixture(params=["standard", "lean"])
def shop(request: pytest.FixtureRequest) -> Synthesized:
    """Each variant in turn, for what must hold in both."""
    found: Synthesized = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "out"
