"""CDK's command line: the version of `deploy/package-lock.json`, on the Node among our requirements."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy import node
from deploy.shop_settings import ROOT
from local.report import Report, Trouble

HERE = ROOT / "deploy"
LEAST_NODE = 20
KNOWN = {
    "ENOSPC": "the disk is full.",
    "ENOTFOUND": "npm's registry has no address here: is there a network?",
    "ECONNREFUSED": "npm's registry or a proxy on the way refuses to talk.",
    "ETIMEDOUT": "npm's registry does not answer.",
    "EINTEGRITY": "a file is not the one that package-lock.json names.",
    "EACCES": "a folder must not be written to.",
}
"""Codes of npm, and what they are here."""


class Tools:
    """`environment` is what they run in: the caller's, with this Node first and nothing told to anybody."""

    def __init__(self, environment: Mapping[str, str], *, region: str, here: Path = HERE) -> None:
        self.here, self._modules = here, here / "node_modules"
        try:
            folder = node.folder()
        except ModuleNotFoundError as error:
            raise Trouble(f"{error}. Run deploy/up, which makes deploy/.venv.") from None
        self.node = str(folder / "node")
        self.environment = {
            "NODE_OPTIONS": "--use-system-ca",  # a company's proxy signs with its own authority
            **environment,
            "PATH": f"{folder}{os.pathsep}{environment.get('PATH', '')}",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "CDK_DISABLE_CLI_TELEMETRY": "true",
        }

    def install(self, report: Report) -> str:
        """Puts cdk where package-lock.json says that it is to be, unless it is there; gives its version."""
        lock, stamp = (self.here / "package-lock.json").read_bytes(), self._modules / "complete"
        version = str(json.loads(lock)["packages"]["node_modules/aws-cdk"]["version"])
        said = self._ask([self.node, "--version"], "Node does not run")
        if int(said.removeprefix("v").partition(".")[0]) < LEAST_NODE:
            raise Trouble(f"Node is {said}, and must be {LEAST_NODE} at least: see deploy/requirements.in.")
        wanted = hashlib.sha256(lock).hexdigest()
        if not (stamp.exists() and stamp.read_text() == wanted and self._cdk.exists()):
            if not node.npm().exists():
                raise Trouble(f"npm is missing beside Node, at {node.npm()}: remove deploy/.venv, and run this again.")
            with report.step(f"aws-cdk {version} from npm"):
                quiet = ["--loglevel", "error", "--no-audit", "--no-fund", "--ignore-scripts"]
                self._ask([self.node, str(node.npm()), "ci", *quiet], f"npm could not install aws-cdk {version}")
                stamp.write_text(wanted)
        return version

    @property
    def _cdk(self) -> Path:
        return self._modules / ".bin" / "cdk"

    def cdk(self, *words: str) -> bool:
        """Runs it, with the terminal as its own; whether it ended well."""
        done = subprocess.run([self.node, str(self._cdk), *words], cwd=ROOT, env=self.environment, check=False)
        return done.returncode == 0

    def python(self, *words: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """A program of ours in this Python, heard and not seen."""
        python = str(HERE / ".venv" / "bin" / "python")
        return subprocess.run(
            [python, *words],
            cwd=ROOT,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def _ask(self, command: list[str], otherwise: str) -> str:
        try:
            done = subprocess.run(
                command,
                cwd=self.here,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        except OSError as error:
            raise Trouble(f"{otherwise}: {error.strerror}: {command[0]}") from None
        if done.returncode != 0:
            raise Trouble(f"{otherwise}: {_why(done.stderr or done.stdout)}")
        return done.stdout.strip()


def _why(said: str) -> str:
    for code, words in KNOWN.items():
        if code in said:
            return f"{words} ({code})"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[0] if lines else "it said nothing."


def synthesize(tools: Tools, folder: Path, *, file: Path, given: list[str]) -> None:
    """Has `deploy/app.py` write all templates into `folder`. Raises Trouble with the last that it said."""
    done = tools.python("-m", "deploy.app", str(file), *given, environment={"CDK_OUTDIR": str(folder)})
    if done.returncode != 0:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise Trouble(f"The templates cannot be made: {lines[-1] if lines else 'nothing was said of why.'}")


def bootstrap_version(folder: Path) -> int:
    """The version of the toolkit stack that what was synthesized asks for."""
    artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"].values()
    asked = [row.get("properties", {}).get("requiresBootstrapStackVersion", 0) for row in artifacts]
    return max(int(version) for version in asked)
