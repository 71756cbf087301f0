"""What others know of sound templates: cfn-lint's rules, and cdk-nag's AwsSolutions."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import aws_cdk as cdk
import pytest
from aws_cdk import aws_s3

from deploy.nag import check
from deploy.tests.synthesized import Synthesized

REGION = "eu-central-1"


def test_cfn_lint_finds_nothing(shop: Synthesized) -> None:
    templates = sorted(str(file) for file in shop.folder.glob("*.template.json"))
    assert len(templates) == len(shop.stacks)
    lint = Path(sys.executable).parent / "cfn-lint"
    done = subprocess.run(
        # W3005: CDK writes dependencies down that a reference says already.
        [str(lint), "--regions", REGION, "--ignore-checks", "W3005", "--format", "parseable", "--template", *templates],
        check=False,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_no_finding_of_cdk_nag_is_left_unexplained(shop: Synthesized) -> None:
    report = json.loads((shop.folder / "validation-report.json").read_text())
    assert report["pluginReports"] == []


def test_a_finding_that_nobody_explains_stops_the_synthesis(folder: Path) -> None:
    """So that the two above cannot pass because nothing is looked at."""
    app = cdk.App(outdir=str(folder))
    aws_s3.Bucket(cdk.Stack(app, "Careless"), "Bucket")
    check(app)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    assert "AwsSolutions-S10" in (folder / "validation-report.json").read_text()
