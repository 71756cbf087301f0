"""What the shop stands on: PostgreSQL, the AWS emulator and the mail viewer, or those that the environment names."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from local.aws import provision
from local.children import MARK, Child, Children, Interruption
from local.emulator import CREDENTIALS, REGION, Emulator, answers
from local.postgres import Postgres
from local.report import Report, Trouble

DEFAULT_SENDER = "shop@example.com"
STRANGERS = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")


@dataclass(frozen=True)
class Ports:
    """The ports on 127.0.0.1, each with the option that sets it."""

    web: int = 8000
    live: int = 8001
    emulator: int = 4566
    database: int = 54329
    mail: int = 8025

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.web}"

    @property
    def feed(self) -> str:
        return f"ws://127.0.0.1:{self.live}"

    @property
    def mails(self) -> str:
        return f"http://127.0.0.1:{self.mail}"

    @property
    def addresses(self) -> dict[str, str]:
        """As `local/running.py` names them."""
        return {"API_URL": self.api, "LIVE_URL": self.feed, "MAIL_URL": self.mails}


class Services:
    """Starts them, and knows the settings that lead to them (`environment`, complete after `start`).

    `name` begins every AWS resource's name. `durable=False` lets PostgreSQL skip fsync, for tests.
    """

    def __init__(
        self,
        children: Children,
        state: Path,
        ports: Ports,
        *,
        report: Report,
        interruption: Interruption,
        name: str = "shop",
        durable: bool = True,
    ) -> None:
        self.children, self.state, self.ports, self.name = children, state, ports, name
        self.report, self.interruption = report, interruption
        self.database_url = os.environ.get("DATABASE_URL", "")
        self.endpoint = os.environ.get("AWS_ENDPOINT_URL", "").rstrip("/")
        self.postgres = None if self.database_url else Postgres(state / "postgres", ports.database, durable=durable)
        self.emulator = None if self.endpoint else Emulator(state / "emulator", state / "mails", ports.emulator)
        self.forgot = False  # whether the emulator may have lost messages, in an earlier run or in this one
        self.environment = self._environment()

    def start(self) -> None:
        """Returns once all answer and all AWS resources stand. Raises Trouble, Interrupted."""
        started: list[tuple[Postgres | Emulator, Child]] = []
        if self.emulator:
            self.forgot = not self.emulator.ended_well()
            started.append((self.emulator, self.emulator.child(self.environment)))
            self.children.start(started[-1][1])
            viewer = ["--port", str(self.ports.mail), "--folder", str(self.emulator.mails)]
            self.children.start(Child("mails", [sys.executable, "-m", "local.mailbox", *viewer], self.environment))
            self.endpoint = self.emulator.endpoint
        if self.postgres:
            started.append((self.postgres, self.postgres.child(self.environment)))
            self.children.start(started[-1][1])
            self.database_url = self.postgres.url
        for service, child in reversed(started):
            service.wait(self.children, child, self.interruption.sleep)
        self.environment["DATABASE_URL"] = self.database_url
        self.environment |= self.provision()

    def provision(self) -> dict[str, str]:
        """Makes what is missing at AWS. In a thread, so that Ctrl-C need not wait for it."""
        result: list[dict[str, str] | BaseException] = []

        def work() -> None:
            try:
                result.append(
                    provision(
                        self.endpoint,
                        name=self.name,
                        region=self.environment["AWS_REGION"],
                        environment=self.environment,
                        sender=self.environment.get("MAIL_FROM") or DEFAULT_SENDER,
                    )
                )
            except (BotoCoreError, ClientError) as error:
                result.append(error)

        threading.Thread(target=work, daemon=True).start()
        while not result:
            self.interruption.sleep(0.02)
        if isinstance(result[0], BaseException):
            raise Trouble(f"The AWS resources cannot be made at {self.endpoint}: {result[0]}") from result[0]
        return result[0]

    def heal(self) -> bool:
        """After the emulator died: True once its resources stand again and what its queues held is published again."""
        if not answers(f"{self.endpoint}/_ministack/health"):
            return False
        try:
            settings = self.provision()
            if settings.items() - self.environment.items():
                self.report.note("The emulator lost its user pool: press Ctrl-C and start again.")
                return True
            self.publish_lost()
        except Trouble as trouble:  # PostgreSQL may be away too: what was lost must not stay lost
            self.report.note(f"what the emulator lost is not published again yet: {str(trouble).splitlines()[-1]}")
            self.interruption.sleep(1.0)
            return False
        return True

    def publish_lost(self) -> None:
        count = self.run([sys.executable, "-m", "local.lost"]).strip()
        self.report.note(f"events published again, because the emulator was killed: {count}")
        self.forgot = False

    def run(self, command: list[str]) -> str:
        """Runs a command of ours to its end and returns what it printed. Raises Trouble with its last lines."""
        log = self.children.logs / f"{Path(command[-1]).name}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                cwd=self.children.root,
                env={**self.environment, MARK: str(self.state)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        try:
            while process.poll() is None:
                self.interruption.sleep(0.02)
        finally:
            process.kill()
            process.wait()
        text = log.read_text(errors="replace")
        if process.returncode != 0:
            raise Trouble(f"This failed: {' '.join(command[1:])}\n\n" + "\n".join(text.splitlines()[-15:]))
        return text

    def _environment(self) -> dict[str, str]:
        environment = {name: value for name, value in os.environ.items() if name not in STRANGERS}
        if self.emulator:
            environment |= CREDENTIALS
        else:
            environment = CREDENTIALS | environment
        others = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
        no_proxy = ",".join(filter(None, (others, "127.0.0.1,localhost")))
        defaults = {
            "AWS_REGION": REGION,
            "SECRET_KEY": kept_secret(self.state / "secret"),
            "TRIGGER_SECRET": kept_secret(self.state / "trigger-secret"),
            "SECURE_COOKIES": "false",
            "THROTTLE": "false",
            "TRACES_CONTINUED": "true",
            "TRACES_FILE": str(self.state / "traces.jsonl"),
            "TRACES_PERCENT": "100",
            "SES_MAX_PER_SECOND": "0",
            "SQS_WAIT": "3",  # so that Ctrl-C need not wait for longer
            "PUBLIC_URL": self.ports.api,
            "LIVE_URL": self.ports.feed,
        }
        fixed = {
            "DJANGO_SETTINGS_MODULE": "shop.settings",
            "PYTHONUNBUFFERED": "1",
            "no_proxy": no_proxy,
            "NO_PROXY": no_proxy,
        }
        return defaults | {name: value for name, value in environment.items() if value} | fixed


def kept_secret(file: Path) -> str:
    """A secret of the state folder, made once and readable by its owner alone."""
    if not file.exists():
        unfinished = file.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as output:
            output.write(secrets.token_urlsafe(50))
        unfinished.rename(file)
    return file.read_text().strip()


def forget(state: Path) -> None:
    """Removes all state, for `--reset`; the data that PostgreSQL keeps elsewhere (see postgres.py) too."""
    if (state / "postgres" / "elsewhere").exists():
        Postgres(state / "postgres", 0).remove()
    for entry in state.iterdir():
        if entry.name not in KEPT:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


KEPT = ("venv.lock", "lock")
"""Files of the state folder that are held open while a command runs, or that another command may hold."""
