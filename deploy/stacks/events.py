"""Queues, topic, bus and what SES tells: all made from `shop/subscriptions.py`. Costs nothing while nothing happens."""

from __future__ import annotations

from typing import Any

from aws_cdk import Stack
from constructs import Construct

from deploy.constructs.bus import Bus
from deploy.constructs.feedback import Feedback
from deploy.constructs.queues import Queues
from deploy.constructs.sender import Sender
from deploy.constructs.topic import Topic
from deploy.settings import Settings


class EventsStack(Stack):
    def __init__(self, scope: Construct, id: str, *, settings: Settings, **options: Any) -> None:
        super().__init__(scope, id, **options)
        self.queues = Queues(self, "Queues", settings=settings)
        self.topic = Topic(self, "Topic", name=settings.name, queues=self.queues)
        self.bus = Bus(self, "Bus", name=settings.name, queues=self.queues)
        self.feedback = Feedback(self, "Feedback", name=settings.name, queues=self.queues)
        self.sender = Sender(self, "Sender", settings=settings)
