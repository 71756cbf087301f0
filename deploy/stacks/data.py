"""What must never be lost, and the network that it stands in: database and bucket."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from constructs import Construct

from deploy.constructs.bucket import Bucket
from deploy.constructs.database import Database
from deploy.constructs.network import Network
from deploy.constructs.secrets import secret
from deploy.settings import Settings


class DataStack(Stack):
    def __init__(self, scope: Construct, id: str, *, settings: Settings, **options: Any) -> None:
        super().__init__(scope, id, **options)
        self.network = Network(self, "Network", settings=settings)
        self.database = Database(self, "Database", network=self.network, settings=settings)
        self.bucket = Bucket(self, "Files", settings=settings)
        # Here and not beside what uses it: links in mails must stay good when the service stack is made anew.
        self.signing_key = secret(self, "SigningKey", what="Django's signing key", settings=settings)
