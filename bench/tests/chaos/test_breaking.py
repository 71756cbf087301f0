"""A disk that is full and has room again, and a clock that jumps while its process runs: each where the machine can."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from bench.chaos.faults.clocks import Clock, library
from events.tests.conftest import wait_until

FULL = """
import errno, sys, time
from functools import partial
from pathlib import Path
from bench.chaos.faults.disk import Disk, NoQuota
disk = Disk(Path(sys.argv[1]), size_mib=8)
try:
    disk.mount()
except NoQuota as why:
    sys.exit(f"no quota: {why}")
file = disk.folder / "file"
file.write_bytes(bytes(1 << 20))
disk.fill()
end = time.monotonic() + 30
while time.monotonic() < end:
    try:
        with file.open("ab") as more:  # what grows meets the end, however far the disk is filled by now
            more.write(bytes(2 << 20))
    except OSError as error:
        print(errno.errorcode[error.errno])
        break
disk.free()
while time.monotonic() < end:
    try:
        file.write_bytes(bytes(4 << 20))
        break
    except OSError:
        continue
print(file.stat().st_size)
"""
JUMPS = """
import sys, time
print(round(time.time() - time.monotonic()), flush=True)
for line in sys.stdin:
    began = time.monotonic()
    time.sleep(0.1)
    assert 0.1 <= time.monotonic() - began < 30
    print(round(time.time() - time.monotonic()), flush=True)
"""


def test_a_full_disk_takes_nothing_and_takes_all_again_when_it_has_room(tmp_path: Path) -> None:
    """In a process of its own: the mount is in a namespace that ends with it."""
    ran = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "disk")], capture_output=True, text=True, timeout=60, check=False
    )
    if "no quota" in ran.stderr:
        pytest.skip(ran.stderr)

    assert ran.stdout.split() == ["ENOSPC", str(4 << 20)], ran.stderr
    assert list((tmp_path / "disk").iterdir()) == []


def test_a_clock_jumps_while_its_process_runs_and_the_monotonic_one_goes_on(tmp_path: Path) -> None:
    if (found := library()) is None:
        pytest.skip("libfaketime is not installed")
    clock = Clock(found, tmp_path / "clock")
    process = subprocess.Popen(
        [sys.executable, "-c", JUMPS],
        env=clock.environment(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin
        assert process.stdout
        first = int(process.stdout.readline())

        def reads(minutes: int) -> bool:
            assert process.stdin
            assert process.stdout
            process.stdin.write("\n")
            process.stdin.flush()
            return round((int(process.stdout.readline()) - first) / 60) == minutes

        for minutes in (-25, 45, 0):
            clock.move(minutes)
            wait_until(partial(reads, minutes))
        process.stdin.close()
