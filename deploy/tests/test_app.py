"""What `cdk` runs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_without_choices_it_says_in_one_line_what_is_missing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "deploy.app", str(tmp_path / "shop.toml")]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("domain is not set.") and done.stderr.count("\n") == 1
