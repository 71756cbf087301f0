"""Where the running shop is, for the programs that use it from outside: the tour and the benches.

`bin/up` writes it to `env` in its state folder (`.local`, or what SHOP_STATE names), and a variable of the environment
counts before that: see NAMES.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.aws import SIGN_INS, SignIn
from local.emulator import ACCOUNT, CREDENTIALS

STATE = Path(os.environ.get("SHOP_STATE") or Path(__file__).resolve().parent.parent / ".local")
DEFAULTS = {
    "API_URL": "http://127.0.0.1:8000",
    "LIVE_URL": "ws://127.0.0.1:8001",
    "MAIL_URL": "http://127.0.0.1:8025",
    "DATABASE_URL": "postgresql://shop@127.0.0.1:54329/shop",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    "QUEUE_URL_PREFIX": f"http://127.0.0.1:4566/{ACCOUNT}/shop-",
    "S3_BUCKET": "shop",
}
NAMES = tuple(DEFAULTS)
FOR_AWS = ("AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
"""Written down too. Credentials of a real account that stand in the environment are not meant for the emulator."""


@dataclass(frozen=True)
class System:
    """Addresses of one running shop; `aws` are the keyword arguments of a boto3 client."""

    api: str
    live: str
    mail: str
    database: str
    queues: str
    bucket: str
    aws: dict[str, str] = field(repr=False)
    state: Path = STATE

    @property
    def customer(self) -> SignIn:
        return person("customer")

    @property
    def staff(self) -> SignIn:
        return person("staff")


def person(role: str) -> SignIn:
    return next(sign_in for sign_in in SIGN_INS if sign_in.role == role)


def system() -> System:
    given = {name: os.environ[name] for name in NAMES if os.environ.get(name)}
    if "AWS_ENDPOINT_URL" in given:
        given |= {name: os.environ[name] for name in FOR_AWS if os.environ.get(name)}
    return of(CREDENTIALS | DEFAULTS | written(STATE / "env") | given)


def of(values: Mapping[str, str], state: Path = STATE) -> System:
    """The shop that these settings and addresses lead to."""
    return System(
        api=values["API_URL"].rstrip("/"),
        live=values["LIVE_URL"].rstrip("/"),
        mail=values["MAIL_URL"].rstrip("/"),
        database=values["DATABASE_URL"],
        queues=values["QUEUE_URL_PREFIX"],
        bucket=values["S3_BUCKET"],
        aws=for_aws(values),
        state=state,
    )


def for_aws(values: Mapping[str, str]) -> dict[str, str]:
    """The settings as keyword arguments of a boto3 client."""
    return {
        "endpoint_url": values["AWS_ENDPOINT_URL"],
        "region_name": values["AWS_REGION"],
        "aws_access_key_id": values["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": values["AWS_SECRET_ACCESS_KEY"],
    }


def write(state: Path, values: Mapping[str, str]) -> None:
    """Notes where this shop is and with which settings, readable by its owner alone: they hold secrets.

    What the processes merely inherited is left out; who runs a command against them has an environment of their own.
    """
    ours = {
        name: value for name, value in values.items() if name in (*NAMES, *FOR_AWS) or os.environ.get(name) != value
    }
    unfinished = state / "env.new"
    unfinished.touch(mode=0o600)
    unfinished.write_text("".join(f"{name}={value}\n" for name, value in sorted(ours.items()) if value))
    unfinished.rename(state / "env")


def written(file: Path) -> dict[str, str]:
    """The `NAME=value` lines of the file; nothing where there is none."""
    try:
        lines = file.read_text().splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
