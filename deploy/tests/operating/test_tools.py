"""CDK comes from npm, in the version that is locked, once; what keeps it from coming is one line."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from deploy.operating.tools import HERE, Tools, bootstrap_version
from local.report import Report, Trouble

UNREACHED = {
    "npm_config_registry": "http://127.0.0.1:9/",
    "npm_config_fetch_retries": "0",
    "PATH": "/usr/bin:/bin",
}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, tmp_path)
    return tmp_path


def tools(here: Path) -> Tools:
    own = {"HOME": str(here), "npm_config_cache": str(here / "cache")}
    return Tools(UNREACHED | own, region="eu-central-1", here=here)


def test_what_is_of_another_lock_is_fetched_again_and_a_registry_that_is_away_is_named(here: Path) -> None:
    cdk = here / "node_modules" / ".bin" / "cdk"
    cdk.parent.mkdir(parents=True)
    cdk.touch()
    (here / "node_modules" / "complete").write_text("another lock")

    with pytest.raises(Trouble) as raised:
        tools(here).install(Report())

    assert str(raised.value).startswith("npm could not install aws-cdk 2.")
    assert "ECONNREFUSED" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_is_complete_is_not_fetched_again(here: Path) -> None:
    cdk = here / "node_modules" / ".bin" / "cdk"
    cdk.parent.mkdir(parents=True)
    cdk.touch()
    lock = (here / "package-lock.json").read_bytes()
    (here / "node_modules" / "complete").write_text(hashlib.sha256(lock).hexdigest())

    assert tools(here).install(Report()).startswith("2.")


def test_the_toolkit_must_be_as_new_as_the_templates_ask_for(tmp_path: Path) -> None:
    rows = '{"a": {"properties": {"requiresBootstrapStackVersion": 6}}, "b": {"type": "cdk:tree"}}'
    (tmp_path / "manifest.json").write_text(f'{{"artifacts": {rows}}}')

    assert bootstrap_version(tmp_path) == 6
