"""pgbench, of the same installation as the server: how fast PostgreSQL is where nothing but PostgreSQL works."""

from __future__ import annotations

import math
import re
import subprocess
import tempfile
from pathlib import Path

from bench.driving.load import Result, processor_time
from local.postgres import DATABASE, USER, Postgres
from local.report import Trouble

TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)


class Pgbench:
    """Each run has a number of three digits of its own, so that no two make the same ids."""

    def __init__(self, postgres: Postgres, server: int, *, seconds: float) -> None:
        self.postgres, self.server, self.seconds = postgres, server, seconds
        self._runs = 99

    def run(self, script: str, *, clients: int) -> Result:
        """Transactions a second with their times; every one must succeed."""
        self._runs += 1
        connection = ["-h", "127.0.0.1", "-p", str(self.postgres.port), "-U", USER, "--no-vacuum"]
        variables = [word for name in ("v_ready=0", "v_n=0", f"v_run={self._runs}") for word in ("-D", name)]
        load = ["--protocol=simple", f"--client={clients}", "--jobs=1", f"--time={max(round(self.seconds), 1)}"]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "script.sql"
            file.write_text(script)
            before = processor_time(self.server)
            run = subprocess.run(
                [self._program(), *connection, *variables, *load, "--log", "--file", str(file), DATABASE],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=600,
            )
            database = processor_time(self.server) - before
            times = sorted(_times(Path(folder)))
        tps, failed = TPS.search(run.stdout), FAILED.search(run.stdout)
        if run.returncode != 0 or not tps or not times or "ERROR" in run.stderr:
            raise Trouble(f"pgbench failed: {run.stderr[-2000:] or run.stdout}")
        p50, p95, p99 = (times[math.ceil(share * len(times)) - 1] for share in (0.50, 0.95, 0.99))
        errors = int(failed[1]) if failed else 0
        return Result(float(tps[1]), p50, p95, p99, errors, web=0, database=database / len(times) * 1e6)

    def _program(self) -> str:
        program = self.postgres.programs / "pgbench"
        if not program.exists():
            raise Trouble(f"There is no pgbench beside {self.postgres.programs / 'postgres'}.")
        return str(program)


def _times(folder: Path) -> list[float]:
    """Milliseconds of each transaction, from the log: client, number, microseconds, …"""
    return [
        int(line.split()[2]) / 1000 for log in folder.glob("pgbench_log.*") for line in log.read_text().splitlines()
    ]
