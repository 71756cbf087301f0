"""An account with clients whose wire is botocore's Stubber: what AWS is asked, and what it answers, call by call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from deploy.operating.account import Account
from deploy.settings import Settings, chosen
from deploy.tests.synthesized import GIVEN

Wire = Callable[[str], Stubber]
ACCOUNT, REGION = "123456789012", "eu-central-1"


@pytest.fixture(autouse=True)
def nobodys_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")


@pytest.fixture(scope="session")
def session() -> boto3.Session:
    """One for all: it reads what a service can be asked, which takes long, once."""
    return boto3.Session(aws_access_key_id="nobody", aws_secret_access_key="nothing")


@pytest.fixture
def account(session: boto3.Session) -> Account:
    return Account(REGION, session)


@pytest.fixture
def wire(account: Account) -> Iterator[Wire]:
    """`wire("sesv2")`: what that service is to be asked. All of it must have been asked when the test ends."""
    with ExitStack() as ends:
        stubs: dict[str, Stubber] = {}

        def of(service: str) -> Stubber:
            if service not in stubs:
                stubs[service] = ends.enter_context(Stubber(account.client(service)))
            return stubs[service]

        yield of
        for stub in stubs.values():
            stub.assert_no_pending_responses()


def settings(**choices: Any) -> Settings:
    return chosen(Path("none"), GIVEN | choices)
