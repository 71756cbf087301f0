"""`bin/test`: everything that must hold, on a PostgreSQL and an AWS emulator of its own, so that bin/up may go on."""

from __future__ import annotations

import argparse
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from local import bootstrap
from local.children import Children, Interrupted, Interruption, die_with, end_group, leftovers
from local.ports import free_port
from local.report import STARTED, Report, Trouble
from local.services import Ports, Services, forget

ROOT = Path(__file__).resolve().parent.parent
PYTHON = [sys.executable, "-m"]
SCRIPTS = Path(sys.executable).parent
MANAGE = [sys.executable, "manage.py"]
WORKFLOWS = [str(file.relative_to(ROOT)) for file in sorted((ROOT / ".github" / "workflows").glob("*.yml"))]
DEPLOY_PYTHON = [str(bootstrap.DEPLOY_VENV / "bin" / "python")]
PAINT = re.compile(r"\x1b\[[0-9;]*m")
PARTS: dict[str, tuple[list[str], ...]] = {
    "lint": (
        [*PYTHON, "ruff", "check", "."],
        [*PYTHON, "ruff", "format", "--check", "."],
        [str(SCRIPTS / "hadolint"), "Dockerfile"],
        [str(SCRIPTS / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
        [str(SCRIPTS / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", *WORKFLOWS],
        [str(SCRIPTS / "check-jsonschema"), "--builtin-schema", "vendor.dependabot", ".github/dependabot.yml"],
    ),
    "types": ([*PYTHON, "mypy", "."],),
    "layers": ([str(SCRIPTS / "lint-imports")],),
    "django": ([*MANAGE, "check"], [*MANAGE, "makemigrations", "--check", "--dry-run"]),
    "deploy": ([*DEPLOY_PYTHON, "-m", "pytest", "-c", "deploy/tests/pytest.ini", "--rootdir", ".", "deploy/tests"],),
    "pytest": ([*PYTHON, "pytest", "-p", "local.workers", "-n", "auto", "--dist", "loadfile"],),
    "e2e": (),
}
"""Part → its commands. How many workers share the tests, and what each has of its own, is in local/workers.py."""


@dataclass
class Result:
    part: str
    passed: bool
    seconds: float
    said: str


class Suite:
    def __init__(self, report: Report, parts: list[str], extra: list[str]) -> None:
        self.report, self.parts, self.extra = report, parts, extra
        self.results: list[Result] = []
        # Open to look through: as root, PostgreSQL runs as somebody else and must reach its data.
        self.state = Path(tempfile.mkdtemp(prefix="shop-test-")).resolve()
        self.state.chmod(0o755)
        self.children = Children(ROOT, self.state, report)
        self.running: subprocess.Popen[bytes] | None = None
        self.interruption = Interruption(at_once=self._kill)
        ports = Ports(*(free_port() for _ in range(5)))
        self.services = Services(
            self.children,
            self.state,
            ports,
            report=report,
            interruption=self.interruption,
            name="shop-test" if os.environ.get("AWS_ENDPOINT_URL") else "shop",
            durable=False,
        )

    def run(self) -> int:
        try:
            with self.report.step("Services of its own for the tests"):
                if self.services.postgres:
                    self.services.postgres.prepare()
                self.services.start()
            for part in self.parts:
                self._part(part)
        except Interrupted:
            self.report.line("\n  Ending …")
            return 130
        finally:
            self.children.stop(["mails", "emulator", "postgres"])
            forget(self.state)
            shutil.rmtree(self.state, ignore_errors=True)
        self._table()
        return 0 if all(result.passed for result in self.results) else 1

    def _part(self, part: str) -> None:
        self.report.line(f"\n── {part} {'─' * (72 - len(part))}")
        begun = time.monotonic()
        if part == "e2e":
            passed, said = self._end_to_end()
        else:
            if part == "deploy":
                bootstrap.prepare_deploy(self.report)
            outcomes = [
                self._stream([*command, *(self.extra if part == "pytest" else [])], self.services.environment)
                for command in PARTS[part]
            ]
            passed, said = all(code == 0 for code, _ in outcomes), outcomes[-1][1]
        self.results.append(Result(part, passed, time.monotonic() - begun, said.strip("= ")))

    def _end_to_end(self) -> tuple[bool, str]:
        """The whole shop, as bin/up starts it on other ports, walked through by bin/tour, and ended by Ctrl-C."""
        state = self.state / "e2e"
        options = ("--port", "--live-port", "--emulator-port", "--database-port", "--mail-port")
        ports = [word for option in options for word in (option, str(free_port()))]
        with e2e_database(os.environ.get("DATABASE_URL", "")) as database:
            environment = {**os.environ, STARTED: "", **({"DATABASE_URL": database} if database else {})}
            up = subprocess.Popen(
                [str(ROOT / "bin" / "up"), "--state", str(state), "--name", "shop-e2e", *ports],
                env=environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=die_with(os.getpid(), signal.SIGTERM),  # noqa: PLW1509  (see _stream)
            )
            try:
                while not (state / "env").exists():
                    if up.poll() is not None:
                        return False, "bin/up did not come up"
                    self.interruption.sleep(0.1)
                code, said = self._stream([str(ROOT / "bin" / "tour")], {**environment, "SHOP_STATE": str(state)})
            finally:
                self._end(up)
        if up.returncode != 0 or (left := leftovers(state)):
            return False, f"bin/up ended with {up.returncode}" if up.returncode else f"bin/up left processes: {left}"
        return code == 0, said

    def _stream(self, command: list[str], environment: Mapping[str, str]) -> tuple[int, str]:
        """Runs a command with its output shown as it comes; returns its status and its last line."""
        self.report.line(f"$ {' '.join(Path(word).name if word.startswith('/') else word for word in command)}")
        colour = {"FORCE_COLOR": "1"} if self.report.live else {}
        self.running = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**environment, **colour},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with(os.getpid(), signal.SIGTERM),  # noqa: PLW1509  (no other thread holds a lock here)
        )
        try:
            return self._follow(self.running)
        finally:
            if self.running.poll() is None:
                self._end(self.running)
            self.running = None

    def _follow(self, process: subprocess.Popen[bytes]) -> tuple[int, str]:
        assert process.stdout is not None  # noqa: S101  (for the type checker: it is a pipe)
        last, open_end = "", b""
        with process.stdout as output:
            while True:
                self.interruption.check()
                if not select.select([output], [], [], 0.1)[0]:
                    continue
                if not (chunk := os.read(output.fileno(), 65536)):
                    break
                sys.stdout.buffer.write(chunk)
                sys.stdout.flush()
                *lines, open_end = (open_end + chunk).split(b"\n")
                last = next((line.decode(errors="replace") for line in reversed(lines) if line.strip()), last)
        return process.wait(), PAINT.sub("", last)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            end_group(process.pid)
            process.wait()

    def _kill(self) -> None:
        if self.running is not None:
            end_group(self.running.pid)
        self.children.kill()

    def _table(self) -> None:
        self.report.line(f"\n── all {'─' * 69}")
        for result in self.results:
            mark = "✓" if result.passed else "✗"
            self.report.line(f"  {mark} {result.part:<8}{result.seconds:7.1f} s   {result.said}")
        failed = [result.part for result in self.results if not result.passed]
        verdict = f"Failed: {', '.join(failed)}." if failed else "All passed."
        self.report.line(f"\n  {verdict} {self.report.elapsed:.0f} s in all.")


@contextmanager
def e2e_database(given: str) -> Iterator[str]:
    """A database of its own for the whole shop, on the server that DATABASE_URL names; nothing where it names none."""
    if not given:
        yield ""
        return
    base, _, name = given.rpartition("/")
    fresh = sql.Identifier(f"{name}_e2e")
    with psycopg.connect(given, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(fresh))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(fresh))
        yield f"{base}/{name}_e2e"
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(fresh))


def chosen(words: list[str]) -> tuple[list[str], list[str]]:
    """The parts to run, and what pytest gets besides: all that follows its name."""
    if "pytest" in words:
        at = words.index("pytest")
        words, extra = words[: at + 1], words[at + 1 :]
    else:
        extra = []
    if unknown := [word for word in words if word not in PARTS]:
        raise Trouble(f"There is no part {', '.join(unknown)}. The parts are {', '.join(PARTS)}.")
    return words or list(PARTS), extra


def main() -> int:
    report = Report()
    parser = argparse.ArgumentParser(
        prog="bin/test",
        usage="bin/test [PART ...] [pytest PYTEST-ARGUMENT ...]",
        description=f"Runs all parts ({', '.join(PARTS)}), or those that are named. What follows the word pytest is "
        "for pytest: bin/test pytest orders/tests -k cancel. Goes on after a failure, to show them all.",
        epilog="With DATABASE_URL, REDIS_URL or AWS_ENDPOINT_URL set, those are used instead of starting our own.",
    )
    words = sys.argv[1:]
    if {"-h", "--help"} & set(words[: words.index("pytest")] if "pytest" in words else words):
        parser.parse_args(["--help"])
    try:
        return Suite(report, *chosen(words)).run()
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
    except OSError as error:
        print(f"\n{error.strerror or error}: {error.filename or 'a temporary file'}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
