"""The AWS account and region that a shop stands in: who is asking, and the clients to ask by."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config

from deploy.settings import Settings
from local.report import Trouble

PATIENCE = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "max_attempts": 3})


class Account:
    """`client("sesv2")` gives the same client each time. Whatever it raises is for `words.in_words`."""

    def __init__(self, region: str, session: boto3.Session | None = None) -> None:
        self.region = region
        self._session = session or boto3.Session()
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = self._session.client(service, region_name=self.region, config=PATIENCE)  # type: ignore[call-overload]
        return self._clients[service]

    @cached_property
    def _caller(self) -> dict[str, str]:
        found: dict[str, str] = self.client("sts").get_caller_identity()
        return found

    @property
    def id(self) -> str:
        return self._caller["Account"]

    @property
    def caller(self) -> str:
        """Who is asking, without what is the same for everybody: `user/nora`, `assumed-role/deploy/nora`."""
        return self._caller["Arn"].rpartition(":")[2]


def region_of(settings: Settings, environment: Mapping[str, str]) -> str:
    """The one region that settings, environment and profile agree on. Raises Trouble."""
    named = environment.get("AWS_REGION") or boto3.Session().region_name or ""
    if settings.region and named and settings.region != named:
        raise Trouble(
            f"The settings name the region {settings.region}, AWS_REGION or the profile {named}: let both be the same."
        )
    if not (found := settings.region or named):
        raise Trouble(
            "No region is named: set `region` in deploy/shop.toml, or AWS_REGION, to one such as eu-central-1."
        )
    return found
