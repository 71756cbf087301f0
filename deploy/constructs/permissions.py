"""What each process may ask of AWS: what the code behind it calls, and nothing that only another one calls.

A test holds the tables to the queues: a new one has a row here, or the templates are not made.
"""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Arn, ArnComponents, ArnFormat, Stack, aws_iam, aws_s3, aws_sqs

from deploy.constructs.queues import NAMES, Queues
from deploy.nag import explain
from deploy.settings import Settings
from deploy.stacks.data import DataStack
from deploy.stacks.events import EventsStack
from deploy.stacks.identity import IdentityStack
from shop.subscriptions import SUBSCRIPTIONS, TASK_QUEUE

READ, WRITE, DELETE, LIST = "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "list"
LOOK, SEND = "sqs:GetQueueAttributes", "sqs:SendMessage"
TAKE = (LOOK, "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage")


@dataclass(frozen=True, kw_only=True)
class Needs:
    """`files` is prefix → what is done below it. The queues that a worker takes from are not told again."""

    files: dict[str, tuple[str, ...]] | None = None
    mail: bool = False
    cdn: bool = False
    remove_users: bool = False
    pool_policy: bool = False
    publish: bool = False
    asks_broker: bool = False
    gives_tasks: bool = False
    delivers: bool = False


OF_PROCESS = {
    "web": Needs(
        files={
            "products/": (READ, WRITE, DELETE),
            "imports/": (WRITE,),
            "own-data/": (READ,),  # what a signed address may read is what its signer may
            "supplier-invoices/": (READ,),
            "invoices/": (READ, WRITE),  # a month's documents for the books, of which a lost one is brought back
        },
        pool_policy=True,
        asks_broker=True,
        delivers=True,  # staff may put an event on a consumer's queue again
    ),
    "live": Needs(files={"incoming/": (WRITE,)}, asks_broker=True),  # what a signed form may put is what its signer may
    "relay": Needs(publish=True),
    "beat": Needs(gives_tasks=True, asks_broker=True),
    "manage": Needs(files={"invoices/": (READ, WRITE)}, asks_broker=True),
}
OF_QUEUE = {
    TASK_QUEUE: Needs(files={"products/": (LIST, DELETE), "own-data/": (LIST, DELETE)}, gives_tasks=True),
    "emails": Needs(files={"invoices/": (READ, WRITE)}, mail=True),  # attaches a document, and brings back a lost one
    "invoices": Needs(files={"invoices/": (WRITE,)}),
    "catalog": Needs(files={"products/": (READ, WRITE, DELETE, LIST)}, cdn=True),
    "search": Needs(),
    "imports": Needs(files={"imports/": (READ,)}),
    "refusals": Needs(),
    "own-data": Needs(files={"own-data/": (WRITE, DELETE, LIST)}, remove_users=True),
    "ses-feedback": Needs(),
    "incoming-documents": Needs(files={"incoming/": (READ, DELETE), "supplier-invoices/": (WRITE, DELETE, LIST)}),
}
BELOW = "Objects below one prefix, whose names nobody knows beforehand; OF_PROCESS and OF_QUEUE say who needs which."


class Permissions:
    """Gives roles what they need of the other stacks."""

    def __init__(self, *, data: DataStack, events: EventsStack, identity: IdentityStack, settings: Settings) -> None:
        if OF_QUEUE.keys() != set(NAMES):
            raise KeyError(f"deploy/constructs/permissions.py must say what these need: {OF_QUEUE.keys() ^ set(NAMES)}")
        self.data, self.events, self.identity, self.settings = data, events, identity, settings
        # How another stack's template names the bucket, and cdk-nag a finding about it.
        self._exported = data.resolve(data.export_value(data.bucket.bucket.bucket_arn))["Fn::ImportValue"]

    @property
    def queues(self) -> Queues:
        return self.events.queues

    def process(self, role: aws_iam.Role, process: str) -> None:
        self._give(role, OF_PROCESS[process])
        if process == "manage":  # an operator's commands look at all queues, and send dead letters back
            for name in NAMES:
                self._queue(role, self.queues.by_name[name], LOOK, SEND)
                self._queue(role, self.queues.dead_by_name[name], *TAKE)

    def worker(self, role: aws_iam.Role, names: list[str]) -> None:
        for name in names:
            self._queue(role, self.queues.by_name[name], *TAKE)
            self._give(role, OF_QUEUE[name])

    def _give(self, role: aws_iam.Role, needs: Needs) -> None:
        self._allow(role, ["secretsmanager:GetSecretValue"], [self.data.database.secret.secret_arn])
        for prefix, actions in (needs.files or {}).items():
            self._files(role, self.data.bucket.bucket, prefix, actions)
        if needs.mail:
            self._allow(
                role, ["ses:SendRawEmail"], [self.events.sender.arn, self._configuration_set(role)], self._from_us()
            )
        if needs.cdn and (distribution := self.settings.shop.get("CLOUDFRONT_DISTRIBUTION_ID")):
            arn = self._arn(role, "cloudfront", "distribution", distribution)
            self._allow(role, ["cloudfront:CreateInvalidation"], [arn])
        pool = self.identity.pool.pool
        if needs.remove_users:
            pool.grant(role, "cognito-idp:AdminUserGlobalSignOut", "cognito-idp:AdminDeleteUser")
        if needs.pool_policy:
            pool.grant(role, "cognito-idp:DescribeUserPool")
        if needs.publish:
            self.events.topic.topic.grant_publish(role)
            self.events.bus.bus.grant_put_events_to(role)
        tasks = self.queues.by_name[TASK_QUEUE]
        if needs.asks_broker:
            self._queue(role, tasks, LOOK)
        if needs.gives_tasks:
            self._queue(role, tasks, SEND)
        if needs.delivers:
            for name in SUBSCRIPTIONS:
                self._queue(role, self.queues.by_name[name], SEND)
        if needs.publish and self.queues.key is not None:
            explain(role, "IAM5[Action::kms:GenerateDataKey*]", "With the queues' own key alone, as SNS asks it.")

    def _queue(self, role: aws_iam.Role, queue: aws_sqs.Queue, *actions: str) -> None:
        """Not by CDK's own grants, which give each reader and sender what nobody here calls."""
        queue.grant(role, *actions)
        if self.queues.key is not None and actions != (LOOK,):
            self.queues.key.grant(role, "kms:Decrypt", *(["kms:GenerateDataKey"] if SEND in actions else []))

    def _files(self, role: aws_iam.Role, bucket: aws_s3.Bucket, prefix: str, actions: tuple[str, ...]) -> None:
        on_objects = [action for action in actions if action != LIST]
        self._allow(role, on_objects, [bucket.arn_for_objects(f"{prefix}*")])
        explain(role, f"IAM5[Resource::{self._exported}/{prefix}*]", BELOW)
        if READ in actions:
            # Whoever may not list is told 403 of an object that is not there, and cannot know that it is lost.
            self._allow(role, ["s3:ListBucket"], [bucket.bucket_arn])
        elif LIST in actions:
            self._allow(role, ["s3:ListBucket"], [bucket.bucket_arn], {"StringLike": {"s3:prefix": f"{prefix}*"}})

    def _from_us(self) -> dict[str, object]:
        return {"StringEquals": {"ses:FromAddress": self.settings.mail_from}}

    def _configuration_set(self, role: aws_iam.Role) -> str:
        return self._arn(role, "ses", "configuration-set", self.settings.name, Stack.of(role).region)

    @staticmethod
    def _arn(role: aws_iam.Role, service: str, resource: str, name: str, region: str = "") -> str:
        parts = ArnComponents(
            service=service,
            region=region,
            resource=resource,
            resource_name=name,
            arn_format=ArnFormat.SLASH_RESOURCE_NAME,
        )
        return str(Arn.format(parts, Stack.of(role)))

    @staticmethod
    def _allow(
        role: aws_iam.Role, actions: list[str], resources: list[str], conditions: dict[str, object] | None = None
    ) -> None:
        role.add_to_policy(aws_iam.PolicyStatement(actions=actions, resources=resources, conditions=conditions))
