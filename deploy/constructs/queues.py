"""A queue and its dead-letter queue for each who takes messages: the consumers, the inbound ones, and the tasks."""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack, aws_iam, aws_kms, aws_sqs
from constructs import Construct

from deploy.nag import explain
from deploy.settings import Settings
from shop.subscriptions import INBOUND, MAX_RECEIVES, SUBSCRIPTIONS, TASK_QUEUE, UPLOADS, VISIBILITY_TIMEOUT

NAMES = (TASK_QUEUE, *SUBSCRIPTIONS, *INBOUND)
KEPT = Duration.days(14)  # the most that SQS keeps
LONG_POLL = Duration.seconds(20)  # the longest
SENDERS = ("sns.amazonaws.com", "events.amazonaws.com", "s3.amazonaws.com")


class Queues(Construct):
    """`by_name` and `dead_by_name`: `<name>-emails`, `<name>-emails-dead`, ….

    The shop finds them by these names: at QUEUE_URL_PREFIX and the consumer's.
    """

    def __init__(self, scope: Construct, id: str, *, settings: Settings) -> None:
        super().__init__(scope, id)
        self.key = self._key() if settings.queue_encryption == "kms" else None
        self._prefix = f"{settings.name}-"
        self.by_name: dict[str, aws_sqs.Queue] = {}
        self.dead_by_name: dict[str, aws_sqs.Queue] = {}
        for name in NAMES:
            self.dead_by_name[name] = self._dead(name)
            self.by_name[name] = self._queue(name)
        for name in UPLOADS.values():
            self._hear_of_uploads(self.by_name[name])

    @property
    def url_prefix(self) -> str:
        stack = Stack.of(self)
        return f"https://sqs.{stack.region}.{stack.url_suffix}/{stack.account}/{self._prefix}"

    def _key(self) -> aws_kms.Key:
        key = aws_kms.Key(self, "Key", enable_key_rotation=True, removal_policy=RemovalPolicy.DESTROY)
        for service in SENDERS:
            key.grant(aws_iam.ServicePrincipal(service), "kms:Decrypt", "kms:GenerateDataKey")
        return key

    def _queue(self, name: str) -> aws_sqs.Queue:
        return aws_sqs.Queue(
            self,
            name,
            queue_name=self._prefix + name,
            retention_period=KEPT,
            visibility_timeout=Duration.seconds(VISIBILITY_TIMEOUT),
            receive_message_wait_time=LONG_POLL,
            dead_letter_queue=aws_sqs.DeadLetterQueue(queue=self.dead_by_name[name], max_receive_count=MAX_RECEIVES),
            **self._safe,
        )

    def _hear_of_uploads(self, queue: aws_sqs.Queue) -> None:
        """By the bucket of any name in this account: the bucket's stack comes after this one, and has its name then."""
        queue.add_to_resource_policy(
            aws_iam.PolicyStatement(
                principals=[aws_iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )

    def _dead(self, name: str) -> aws_sqs.Queue:
        queue = aws_sqs.Queue(
            self, f"{name}-dead", queue_name=f"{self._prefix}{name}-dead", retention_period=KEPT, **self._safe
        )
        explain(queue, "SQS3", "It is a dead-letter queue itself.")
        return queue

    @property
    def _safe(self) -> dict[str, Any]:
        kind = aws_sqs.QueueEncryption
        encryption = (
            {"encryption": kind.KMS, "encryption_master_key": self.key}
            if self.key
            else {"encryption": kind.SQS_MANAGED}
        )
        return {"enforce_ssl": True, "removal_policy": RemovalPolicy.DESTROY, **encryption}
