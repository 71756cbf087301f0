"""`bin/up` as anybody starts it, on free ports and with a state of its own; ended as anybody ends it, by Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from local.emulator import answers
from local.ports import free_port
from local.report import Trouble

ENDS_WITHIN = 60.0
OF_A_SHOP = ("DATABASE_URL", "AWS_ENDPOINT_URL", "REDIS_URL", "API_URL", "LIVE_URL", "MAIL_URL", "QUEUE_URL_PREFIX",
             "SHOP_STATE")  # fmt: skip


def without_a_shop(environment: Mapping[str, str]) -> dict[str, str]:
    """Without what would have a bench measure another shop than the one that it starts."""
    return {name: value for name, value in environment.items() if name not in OF_A_SHOP}


class Started:
    """A whole shop for as long as the `with` lasts. `root` is the folder whose `bin/up` it is. Raises Trouble."""

    def __init__(self, root: Path, state: Path, *, environment: Mapping[str, str], within: float = 120.0) -> None:
        self.root, self.state, self.environment, self.within = root, state, environment, within
        self.port = free_port()
        self.log = state.with_suffix(".log")
        self.seconds = 0.0
        """Until its first answer of 200."""
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Started:
        others = ("--live-port", "--emulator-port", "--database-port", "--mail-port")
        ports = [f"--port={self.port}", *(f"{name}={free_port()}" for name in others)]
        began = time.monotonic()
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [str(self.root / "bin" / "up"), f"--state={self.state}", *ports],
                cwd=self.root,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C of the bench's terminal is the bench's to pass on
            )
        try:
            while not answers(f"http://127.0.0.1:{self.port}/products"):
                self._require(began)
                time.sleep(0.02)
            self.seconds = time.monotonic() - began
            while not (self.state / "env").exists():  # which is written when all processes work
                self._require(began)
                time.sleep(0.05)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _require(self, began: float) -> None:
        if self.process is not None and self.process.poll() is not None:
            raise Trouble(f"bin/up ended:\n{self._told()}")
        if time.monotonic() - began > self.within:
            raise Trouble(f"bin/up is not ready after {self.within:.0f} s:\n{self._told()}")

    def _told(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        os.kill(self.process.pid, signal.SIGINT)
        try:
            self.process.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
