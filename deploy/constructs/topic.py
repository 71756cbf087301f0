"""The SNS topic for order and invoice events: a filtered, raw subscription for each consumer that listens there."""

from __future__ import annotations

from aws_cdk import aws_sns, aws_sns_subscriptions
from constructs import Construct

from deploy.constructs.queues import Queues
from deploy.nag import explain
from shop.subscriptions import ROUTES, SUBSCRIPTIONS, TOPIC


def types(consumer: str, route: str) -> list[str]:
    """The event types of a consumer that come to it by `route`."""
    return sorted(kind for kind in SUBSCRIPTIONS[consumer] if ROUTES[kind] == route)


class Topic(Construct):
    """`topic`. Filters read the message attribute `event_type`; the body arrives as the relay has sent it."""

    def __init__(self, scope: Construct, id: str, *, name: str, queues: Queues) -> None:
        super().__init__(scope, id)
        self.topic = aws_sns.Topic(self, "Topic", topic_name=f"{name}-events", enforce_ssl=True, master_key=queues.key)
        if queues.key is None:
            explain(self.topic, "SNS2", "Events hold ids and amounts, never an address; encryption by KMS is a choice.")
        for consumer in SUBSCRIPTIONS:
            if wanted := types(consumer, TOPIC):
                self.topic.add_subscription(
                    aws_sns_subscriptions.SqsSubscription(
                        queues.by_name[consumer],
                        raw_message_delivery=True,
                        filter_policy={"event_type": aws_sns.SubscriptionFilter.string_filter(allowlist=wanted)},
                    )
                )
