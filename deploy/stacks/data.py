"""What must never be lost, and the network that it stands in: database and bucket."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from constructs import Construct

from deploy.constructs.bucket import Bucket
from deploy.constructs.database import Database
from deploy.constructs.network import Network
from deploy.settings import Settings


class DataStack(Stack):
    def __init__(self, scope: Construct, id: str, *, settings: Settings, **options: Any) -> None:
        super().__init__(scope, id, **options)
        self.network = Network(self, "Network", settings=settings)
        self.database = Database(self, "Database", network=self.network, settings=settings)
        self.bucket = Bucket(self, "Files", settings=settings)
