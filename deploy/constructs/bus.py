"""The EventBridge bus for catalog and audit events: an archive of all of it, and a rule for each consumer."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, aws_events, aws_events_targets
from constructs import Construct

from deploy.constructs.queues import Queues
from deploy.constructs.topic import types
from shop.subscriptions import ARCHIVE_DAYS, BUS, SUBSCRIPTIONS


class Bus(Construct):
    """`bus`. A consumer's queue gets the event itself and not EventBridge's envelope, as SNS delivers it."""

    def __init__(self, scope: Construct, id: str, *, name: str, queues: Queues) -> None:
        super().__init__(scope, id)
        self.bus = aws_events.EventBus(self, "Bus", event_bus_name=name)
        # Without a name of its own: it outlives the bus, and must not be in the way of the next one.
        archive = aws_events.CfnArchive(
            self,
            "Archive",
            source_arn=self.bus.event_bus_arn,
            retention_days=ARCHIVE_DAYS,
            description="Every event that came over the bus: the audit's memory of refused orders",
        )
        archive.apply_removal_policy(RemovalPolicy.RETAIN)
        for consumer in SUBSCRIPTIONS:
            if wanted := types(consumer, BUS):
                queue = aws_events_targets.SqsQueue(
                    queues.by_name[consumer], message=aws_events.RuleTargetInput.from_event_path("$.detail")
                )
                aws_events.Rule(
                    self,
                    consumer,
                    rule_name=f"{name}-{consumer}",
                    event_bus=self.bus,
                    event_pattern=aws_events.EventPattern(detail_type=wanted),
                    targets=[queue],
                )
