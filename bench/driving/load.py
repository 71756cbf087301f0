"""Load by wrk, one thread of it on a few connections, and what the answers cost: times, statuses, processor time."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local.report import Trouble

TICKS = os.sysconf("SC_CLK_TCK")
SCRIPT = """
local requests, place = {}, 0
for line in io.lines(os.getenv("BENCH_REQUESTS")) do
  local path, header, value = line:match("^(%S+)%s?([^:]*):?%s?(.*)$")
  local headers = {Host = "bench.test"}
  if header ~= "" then headers[header] = value end
  requests[#requests + 1] = wrk.format("GET", path, headers)
end
local anew = os.getenv("BENCH_ANEW") == "1"
request = function()
  place = place + 1
  local chosen = requests[(place - 1) % #requests + 1]
  -- A host of its own makes each address one that nothing has been kept for.
  return anew and chosen:gsub("Host: [^\\r]*", "Host: h" .. place .. ".bench.test", 1) or chosen
end
done = function(summary, latency)
  local p = function(share) return latency:percentile(share) / 1000 end
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "errors": %d, "p50": %f, "p95": %f, "p99": %f}\\n', summary.requests,
    summary.duration / 1e6, summary.errors.status + summary.errors.connect + summary.errors.read +
    summary.errors.timeout, p(50), p(95), p(99)))
end
"""


@dataclass(frozen=True)
class Result:
    """Times in milliseconds; `web` and `database` are microseconds of processor time per request.

    `answers` counts them by status, where the script does.
    """

    per_second: float
    p50: float
    p95: float
    p99: float
    errors: int
    web: float
    database: float
    answers: dict[str, int] = field(default_factory=dict)


class Load:
    """`requests` are paths, each may be followed by one header: `/products If-None-Match: "…"`."""

    def __init__(self, address: str, *, seconds: float, connections: int, web: int, postgres: int) -> None:
        self.address, self.seconds, self.connections = address, seconds, connections
        self.web, self.postgres = web, postgres
        if not shutil.which("wrk"):
            raise Trouble("The bench makes its load by wrk: apt-get install -y wrk")

    def run(self, requests: Sequence[str], *, anew: bool = False) -> Result:
        """Warms up for a fifth of the time, then measures. With `anew` no answer can be one that was kept."""
        with tempfile.TemporaryDirectory() as folder:
            list_ = Path(folder) / "requests"
            list_.write_text("\n".join(requests) + "\n")
            settings = {"BENCH_REQUESTS": str(list_), "BENCH_ANEW": "1" if anew else ""}
            return self.measure(SCRIPT, settings)

    def measure(self, script: str, settings: Mapping[str, str]) -> Result:
        """As `run`, with a script of the caller's, which prints what SCRIPT prints.

        In its environment it finds `settings`, and as BENCH_PHASE `warm` or `measured`.
        """
        self._wrk(script, {**settings, "BENCH_PHASE": "warm"}, self.seconds / 5)
        web, database = processor_time(self.web), processor_time(self.postgres)
        told = self._wrk(script, {**settings, "BENCH_PHASE": "measured"}, self.seconds)
        web, database = processor_time(self.web) - web, processor_time(self.postgres) - database
        count = max(told["requests"], 1)
        return Result(
            per_second=told["requests"] / told["seconds"],
            p50=told["p50"],
            p95=told["p95"],
            p99=told["p99"],
            errors=int(told["errors"]),
            web=web / count * 1e6,
            database=database / count * 1e6,
            answers=told.get("answers", {}),
        )

    def _wrk(self, script: str, settings: Mapping[str, str], seconds: float) -> dict[str, Any]:
        command = ["wrk", "-t1", f"-c{self.connections}", f"-d{max(round(seconds), 1)}s"]
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
            file.write(script)
            file.flush()
            run = subprocess.run(
                [*command, "-s", file.name, self.address],
                env={**os.environ, **settings},
                capture_output=True,
                text=True,
                check=False,
                timeout=600,
            )
        if run.returncode != 0:
            raise Trouble(f"wrk failed: {run.stderr or run.stdout}")
        told: dict[str, Any] = json.loads(run.stdout.strip().splitlines()[-1])
        return told


def processor_time(parent: int) -> float:
    """Seconds of processor time of a process and all below it, those that have ended among them."""
    total, waiting = 0.0, [parent]
    while waiting:
        pid = waiting.pop()
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except OSError:  # it has ended since it was named; its parent counts it
            continue
        total += sum(int(field) for field in fields[11:15]) / TICKS
        waiting += [int(child) for child in children]
    return total
