"""The stacks of one shop, and what each is given of the others."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk

from deploy.nag import check
from deploy.settings import Settings
from deploy.stacks.data import DataStack
from deploy.stacks.events import EventsStack
from deploy.stacks.identity import IdentityStack
from deploy.stacks.service import ServiceStack

FLAGS = {
    "@aws-cdk/core:defaultCrossStackReferences": "strong",
    "@aws-cdk/aws-iam:minimizePolicies": True,
    "@aws-cdk/core:enablePartitionLiterals": True,
    "@aws-cdk/aws-ecs:disableExplicitDeploymentControllerForCircuitBreaker": True,
    "@aws-cdk/aws-ec2:restrictDefaultSecurityGroup": False,
}
"""Feature flags. Without a `cdk.json`, nothing else sets any."""


class Shop:
    """The app with its four stacks: `<name>-data`, `<name>-events`, `<name>-identity`, `<name>-service`.

    No stack looks anything up at AWS: a synthesis is the same everywhere and needs no credentials.
    """

    def __init__(self, settings: Settings, **options: Any) -> None:
        self.app = cdk.App(context=FLAGS, analytics_reporting=False, **options)
        self.settings = settings
        self.events = EventsStack(self.app, f"{settings.name}-events", settings=settings)
        self.data = DataStack(self.app, f"{settings.name}-data", settings=settings)
        self.data.add_stack_dependency(self.events, "S3 refuses to tell a queue that is not there")
        self.identity = IdentityStack(self.app, f"{settings.name}-identity", settings=settings)
        self.service = ServiceStack(
            self.app,
            f"{settings.name}-service",
            data=self.data,
            events=self.events,
            identity=self.identity,
            settings=settings,
        )
        check(self.app)
