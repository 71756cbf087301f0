"""The other end of `bench/living/listeners.py`: the process that holds all the sockets, told what to do."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.report import Trouble

ROOT = Path(__file__).resolve().parent.parent.parent


class Crowd:
    def __init__(self, port: int, people: Path, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        command = [sys.executable, "-m", "bench.living.listeners", str(port), str(people)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        self._answers: queue.Queue[bytes] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._answer("start", 30)

    @property
    def pid(self) -> int:
        return self._process.pid

    def do(self, what: str, *, patience: float = 60.0, **arguments: Any) -> dict[str, Any]:
        """Its answer. Raises Trouble where there is none within `patience` seconds."""
        assert self._process.stdin is not None  # noqa: S101  (a pipe was asked for)
        self._process.stdin.write(json.dumps({"do": what} | arguments).encode() + b"\n")
        self._process.stdin.flush()
        return self._answer(what, patience)

    def connected(self) -> int:
        return int(self.do("count")["connected"])

    def end(self) -> None:
        self._process.kill()
        self._reader.join()  # to the end of what it still said
        self._process.communicate()

    def _answer(self, what: str, patience: float) -> dict[str, Any]:
        waited = 0.0
        while self._answers.empty():
            if self._process.poll() is not None or waited > patience:
                raise Trouble(f"The sockets did not answer to {what!r} within {patience:.0f} s.")
            self._sleep(0.02)
            waited += 0.02
        answer: dict[str, Any] = json.loads(self._answers.get())
        return answer

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  (a pipe was asked for)
        for line in self._process.stdout:
            self._answers.put(line)
