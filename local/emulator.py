"""The AWS emulator as a child: where its state lies, how it is started, when it is ready."""

from __future__ import annotations

import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

from local.children import Child, Children
from local.report import Trouble

ACCOUNT = "123456789012"
REGION = "eu-central-1"
SERVICES = "s3,sqs,sns,events,ses,cognito-idp,lambda,secretsmanager,ssm,kms,sts,iam,logs"
CLEAN = "ended-well"
"""The file in the state folder that says that the state is complete. It is away while the emulator runs."""

SES_DOWN = ".ses-down"
"""A file in the folder of mails: while it is there, SES answers that it is unavailable. A bench makes it."""

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": ACCOUNT,  # the emulator takes twelve digits here for the account
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_CONFIG_FILE": "/dev/null",  # nobody's real profile has a part in this
    "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Emulator:
    """ministack on 127.0.0.1:`port`, its state in `home`, every mail whole in `mails`.

    With a file for `calls`, callers are held to the policies of their roles, and that is where each call is written.
    """

    def __init__(
        self, home: Path, mails: Path, port: int, *, services: str = SERVICES, calls: Path | None = None
    ) -> None:
        self.services, self.calls = services, calls
        self.state, self.s3, self.mails, self.port = home / "state", home / "s3", mails, port
        for folder in (self.state, self.s3, mails):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ended_well(self) -> bool:
        """Whether nothing that was in its queues is lost. Ask before the start. A first start has lost nothing."""
        return (self.state / CLEAN).exists() or not any(self.state.iterdir())

    def child(self, environment: Mapping[str, str]) -> Child:
        settings = {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.state),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.s3),
            "MAILS_DIR": str(self.mails),
            "SMTP_HOST": "",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "SERVICES": self.services,
            "LOG_LEVEL": "WARNING",
            **({"AUTH": "true", "CALLS_FILE": str(self.calls)} if self.calls else {}),
        }
        return Child("emulator", [sys.executable, "-m", "local.emulator_server"], {**environment, **settings})

    def wait(self, children: Children, child: Child, sleep: Callable[[float], None], within: float = 60.0) -> None:
        """Returns once it answers."""
        end = time.monotonic() + within
        while not answers(f"{self.endpoint}/_ministack/health"):
            children.require(child)
            if time.monotonic() > end:
                raise Trouble(f"The AWS emulator does not answer at {self.endpoint}. See its log, logs/emulator.log.")
            sleep(0.05)


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def answers(url: str) -> bool:
    """Whether `url` answers 200 right now. Never asks a proxy."""
    try:
        with _direct.open(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
