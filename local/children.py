"""Starting, watching and ending the processes of one running shop, so that none is ever left behind.

Four nets, each for what the one before it misses: the launcher stops its children in order; a child gets a signal from
the kernel when the launcher is killed; what a dead child leaves of its process group is killed before it is started
again; and a start looks for whatever an earlier run left, by the mark in its environment.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from local.report import Report, Trouble

MARK = "SHOP_LOCAL_STATE"
"""The environment variable, with the state folder as its value, that tells a process of ours from anybody else's."""

PR_SET_PDEATHSIG = 1
LONGEST_DELAY = 30.0
HEALTHY_AFTER = 60.0  # seconds up, after which a death is no longer counted as one of a row
LOG_LIMIT = 20 * 1024 * 1024
_libc = ctypes.CDLL(None, use_errno=True)


class Interrupted(Exception):
    """Somebody pressed Ctrl-C, or asked us to end."""


class Interruption:
    """Turns SIGINT, SIGTERM and SIGHUP into `Interrupted` at the places that wait; a second one calls `at_once`.

    Nothing is raised inside a signal handler, so no child can be started and forgotten between two lines.
    """

    def __init__(self, at_once: Callable[[], None]) -> None:
        self.asked = 0
        self._at_once = at_once
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._handle)

    def _handle(self, number: int, frame: object) -> None:
        self.asked += 1
        if self.asked > 1:
            self._at_once()
            os._exit(130)

    def check(self) -> None:
        if self.asked:
            raise Interrupted

    def sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.check()
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, 0.05))
            self.check()


@dataclass
class Child:
    """One process to keep running, as `account` (root only); `stop_signal` ends it in good order."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    account: pwd.struct_passwd | None = None
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    failures: int = 0
    again_at: float | None = field(default=None)

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Children:
    """The processes of one state folder: their logs are in `logs/`, their process ids in `run/`."""

    def __init__(self, root: Path, state: Path, report: Report) -> None:
        self.root, self.report = root, report
        self.mark = str(state)
        self.logs, self.run = state / "logs", state / "run"
        for folder in (self.logs, self.run):
            folder.mkdir(parents=True, exist_ok=True)
        self.all: list[Child] = []

    def start(self, child: Child) -> None:
        if child not in self.all:
            self.all.append(child)
            (self.logs / f"{child.name}.log").write_bytes(b"")
        log = self.logs / f"{child.name}.log"
        if log.stat().st_size > LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        account = child.account
        with log.open("ab") as output:
            child.process = subprocess.Popen(
                child.command,
                cwd=self.root if account is None else "/",  # another user may not be allowed into our folder
                env={**child.environment, MARK: self.mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with(os.getpid(), child.stop_signal),  # noqa: PLW1509  (no other thread holds a lock here)
                user=None if account is None else account.pw_uid,
                group=None if account is None else account.pw_gid,
                extra_groups=None if account is None else [],
            )
        child.started_at, child.again_at = time.monotonic(), None
        (self.run / f"{child.name}.pid").write_text(f"{child.process.pid}\n")

    def require(self, child: Child) -> None:
        """Raises Trouble with the end of its log if the child has ended."""
        if child.process is not None and (code := child.process.poll()) is not None:
            log = self.logs / f"{child.name}.log"
            raise Trouble(f"{child.name} ended {how(code)}. The end of {log}:\n\n{self.tail(child)}")

    def tail(self, child: Child) -> str:
        text = (self.logs / f"{child.name}.log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-15:])

    def revive(self, also: Callable[[Child], None]) -> None:
        """Starts again what has died, at once and then after growing delays; `also` runs after each start."""
        for child in self.all:
            if child.again_at is None and child.process is not None and (code := child.process.poll()) is not None:
                end_group(child.process.pid)
                if time.monotonic() - child.started_at > HEALTHY_AFTER:
                    child.failures = 0
                delay = 0.0 if child.failures == 0 else min(LONGEST_DELAY, 2.0 ** (child.failures - 1))
                child.failures += 1
                child.again_at = time.monotonic() + delay
                soon = "now" if delay == 0 else f"in {delay:.0f} s"
                log = f"logs/{child.name}.log"
                self.report.note(f"{child.name} ended {how(code)}: starting it again {soon} (see {log})")
            if child.again_at is not None and time.monotonic() >= child.again_at:
                self.start(child)
                also(child)

    def stop(self, names: Sequence[str], within: float = 15.0) -> None:
        """Ends the named children together, in good order; after `within` seconds, without it."""
        chosen = [child for child in self.all if child.name in names]
        for child in chosen:
            if child.running and child.process is not None:
                child.process.send_signal(child.stop_signal)
        end = time.monotonic() + within
        for child in chosen:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.report.note(f"{child.name} did not end within {within:.0f} s and was killed")
            self._end(child)

    def kill(self) -> None:
        """Ends all at once, for the second Ctrl-C. What was committed stays committed."""
        for child in self.all:
            self._end(child)

    def _end(self, child: Child) -> None:
        if child.process is not None:
            if child.running and child.stop_signal == signal.SIGINT:
                child.process.send_signal(signal.SIGQUIT)  # PostgreSQL's immediate stop takes its own children along
                time.sleep(0.2)
            end_group(child.process.pid)
            child.process.wait()
        (self.run / f"{child.name}.pid").unlink(missing_ok=True)
        self.all = [other for other in self.all if other is not child]


def how(code: int) -> str:
    return f"with status {code}" if code >= 0 else f"by signal {-code} ({signal.Signals(-code).name})"


def end_group(leader: int) -> None:
    """Kills what is left of the session that `leader` began."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def die_with(parent: int, number: signal.Signals) -> Callable[[], None]:
    """For the child, between fork and exec (and after any change of user, which would clear it)."""

    def prepare() -> None:
        if sys.platform == "linux":
            _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
            if os.getppid() != parent:  # it died in between
                os._exit(1)

    return prepare


def leftovers(state: Path) -> list[int]:
    """Processes that an earlier run with this state folder left behind."""
    wanted = f"{MARK}={state}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if int(entry.name) != os.getpid() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                found.append(int(entry.name))
        except OSError:  # ended, or another user's
            continue
    return found


def end_leftovers(state: Path, within: float = 5.0) -> int:
    """Ends them, politely at first; returns how many there were."""
    first = leftovers(state)
    for number, seconds in ((signal.SIGTERM, within), (signal.SIGKILL, within)):
        end = time.monotonic() + seconds
        for pid in leftovers(state):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue
        while leftovers(state) and time.monotonic() < end:
            time.sleep(0.05)
    return len(first)
