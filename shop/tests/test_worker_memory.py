"""A worker's process that takes more memory than its share fails the task at hand, and goes on."""

from __future__ import annotations

import os
import subprocess
import sys

PROGRAM = """
from shop.celery import limit_memory
limit_memory()
try:
    taken = bytearray(600 * 1024 * 1024)
except MemoryError:
    print("refused")
print("goes on with", len(bytearray(20 * 1024 * 1024)))
"""


def test_what_is_too_large_is_refused_alone() -> None:
    environment = os.environ | {"WORKER_MEMORY_MIB": "512"}

    said = subprocess.check_output([sys.executable, "-c", PROGRAM], env=environment, text=True)

    assert said.splitlines() == ["refused", "goes on with 20971520"]
