"""Who people are: the user pool, and the functions that it asks the shop by."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from deploy.constructs.pool import Pool
from deploy.constructs.secrets import secret
from deploy.constructs.triggers import Triggers
from deploy.settings import Settings


class IdentityStack(Stack):
    def __init__(self, scope: Construct, id: str, *, settings: Settings, **options: Any) -> None:
        super().__init__(scope, id, **options)
        self.trigger_secret = secret(
            self, "TriggerSecret", what="Signs what Cognito's triggers send to the shop", settings=settings
        )
        self.pool = Pool(self, "Users", settings=settings)
        CfnOutput(self, "PoolId", key="PoolId", value=self.pool.pool.user_pool_id)
        if settings.domain:
            Triggers(self, "Triggers", pool=self.pool.pool, secret=self.trigger_secret, settings=settings)
