"""What a bench leaves for whoever reads it later: one JSON file of one shape, whichever bench it was."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.proving.report import Check

ROOT = Path(__file__).resolve().parents[2]
BEGAN = time.monotonic()
LOAD_BEFORE = os.getloadavg()[0]
"""Taken when a bench begins, which is when it imports this: its own load is not in it."""


def write(
    file: Path, part: str, *, rows: Sequence[Any], checks: Iterable[Check], seed: int | None = None, **facts: Any
) -> None:
    """`rows` are the figures; `facts` is whatever else the part has to tell."""
    found = [asdict(check) for check in checks]
    told = {
        "part": part,
        "commit": commit(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - BEGAN, 1),
        "machine": machine(),
        "load_before": round(LOAD_BEFORE, 2),
        "seed": seed,
        "differences": sum(len(check["differences"]) for check in found),
        "rows": list(rows),
        "facts": facts,
        "checks": found,
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(told, indent=1, default=str, ensure_ascii=False) + "\n")


def machine() -> dict[str, str | int]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processors": os.cpu_count() or 0,
        "processor": _processor(),
        "memory_gib": round(memory / 2**30),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def commit() -> str:
    """Of the code that is measured; `+` behind it where files differ from it. Empty without a repository."""
    names = _git("rev-parse", "--short=12", "HEAD")
    return names and names + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")


def _git(*words: str) -> str:
    try:
        run = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
