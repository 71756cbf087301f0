"""The shop's AWS resources, made from `shop/subscriptions.py` alone: what `deploy/` makes, in the emulator.

Everything is found again by its name, so a second call changes nothing but what the table changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from shop.subscriptions import (
    ARCHIVE_DAYS,
    BUS,
    INBOUND,
    MAX_RECEIVES,
    ROUTES,
    SUBSCRIPTIONS,
    TASK_QUEUE,
    TOPIC,
    UPLOADS,
    VISIBILITY_TIMEOUT,
)

FOURTEEN_DAYS = str(14 * 24 * 3600)


@dataclass(frozen=True)
class SignIn:
    """A demo person of the local user pool. The password is no secret: it opens this machine's emulator only."""

    role: str
    email: str
    password: str
    name: str
    groups: tuple[str, ...] = ()


SIGN_INS = (
    SignIn("customer", "customer@example.com", "Customer-1234", "Carla Customer"),
    SignIn("staff", "staff@example.com", "Staff-1234", "Stella Staff", ("staff",)),
    SignIn("admin", "admin@example.com", "Admin-1234", "Ada Admin", ("admin",)),
)


class Provision:
    """Makes and finds the resources of one shop, all named `<name>` or `<name>-…`, at one endpoint."""

    def __init__(
        self,
        endpoint: str,
        *,
        name: str,
        region: str,
        environment: Mapping[str, str],
        subscriptions: Mapping[str, Mapping[str, str]],
        routes: Mapping[str, str],
    ) -> None:
        self.endpoint, self.name, self.region = endpoint, name, region
        self.subscriptions, self.routes = subscriptions, routes
        self._session = boto3.Session(
            aws_access_key_id=environment.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=environment.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=environment.get("AWS_SESSION_TOKEN"),
            region_name=region,
        )

    def client(self, service: str) -> Any:
        config = Config(connect_timeout=3, read_timeout=15, proxies={}, retries={"mode": "standard", "max_attempts": 5})
        return self._session.client(service, endpoint_url=self.endpoint, config=config)  # type: ignore[call-overload]

    def types(self, consumer: str, route: str) -> list[str]:
        """The event types of a consumer that come to it by `route`."""
        return sorted(kind for kind in self.subscriptions.get(consumer, {}) if self.routes[kind] == route)

    def queues(self) -> str:
        """A queue and a dead-letter queue for each who takes messages; returns what all their addresses begin with."""
        sqs = self.client("sqs")
        for consumer in (TASK_QUEUE, *INBOUND, *self.subscriptions):
            dead = self._queue(sqs, f"{consumer}-dead", {"MessageRetentionPeriod": FOURTEEN_DAYS})
            redrive = {"deadLetterTargetArn": self._queue_arn(sqs, dead), "maxReceiveCount": str(MAX_RECEIVES)}
            attributes = {
                "MessageRetentionPeriod": FOURTEEN_DAYS,
                "VisibilityTimeout": str(VISIBILITY_TIMEOUT),
                "ReceiveMessageWaitTimeSeconds": "20",
                "RedrivePolicy": json.dumps(redrive),
            }
            url = self._queue(sqs, consumer, attributes)
            policy = self._may_send(self._queue_arn(sqs, url))
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        return url.removesuffix(consumer)

    def _queue(self, sqs: Any, consumer: str, attributes: dict[str, str]) -> str:
        name = f"{self.name}-{consumer}"
        try:
            url = str(sqs.get_queue_url(QueueName=name)["QueueUrl"])
        except sqs.exceptions.QueueDoesNotExist:
            return str(sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)
        return url

    @staticmethod
    def _queue_arn(sqs: Any, url: str) -> str:
        return str(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])

    @staticmethod
    def _may_send(queue: str) -> dict[str, Any]:
        services = ["sns.amazonaws.com", "events.amazonaws.com", "s3.amazonaws.com"]
        allow = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sqs:SendMessage", "Resource": queue}
        return {"Version": "2012-10-17", "Statement": [allow]}

    def topic(self) -> str:
        """The topic and a filtered, raw subscription per consumer that has types on it; returns the topic's ARN."""
        sns, sqs = self.client("sns"), self.client("sqs")
        topic = str(sns.create_topic(Name=f"{self.name}-events")["TopicArn"])
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
        standing = {row["Endpoint"]: row["SubscriptionArn"] for page in pages for row in page["Subscriptions"]}
        for consumer in self.subscriptions:
            queue = self._queue_arn(sqs, sqs.get_queue_url(QueueName=f"{self.name}-{consumer}")["QueueUrl"])
            types = self.types(consumer, TOPIC)
            if not types:
                continue
            filters = {"FilterPolicyScope": "MessageAttributes", "FilterPolicy": json.dumps({"event_type": types})}
            attributes = {"RawMessageDelivery": "true", **filters}
            if subscription := standing.pop(queue, None):
                for key, value in attributes.items():
                    change = {"AttributeName": key, "AttributeValue": value}
                    sns.set_subscription_attributes(SubscriptionArn=subscription, **change)
            else:
                sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes=attributes)
        for subscription in standing.values():  # of a consumer that the table no longer names
            sns.unsubscribe(SubscriptionArn=subscription)
        return topic

    def bus(self) -> str:
        """The bus with its archive, and a rule per consumer that has types on it; returns the bus's name."""
        events, sqs = self.client("events"), self.client("sqs")
        try:
            bus = events.create_event_bus(Name=self.name)["EventBusArn"]
        except events.exceptions.ResourceAlreadyExistsException:
            bus = events.describe_event_bus(Name=self.name)["Arn"]
        archive = f"{self.name}-archive"
        try:
            events.create_archive(ArchiveName=archive, EventSourceArn=bus, RetentionDays=ARCHIVE_DAYS)
        except events.exceptions.ResourceAlreadyExistsException:
            events.update_archive(ArchiveName=archive, RetentionDays=ARCHIVE_DAYS)
        for consumer in self.subscriptions:
            rule, types = f"{self.name}-{consumer}", self.types(consumer, BUS)
            if types:
                queue = self._queue_arn(sqs, sqs.get_queue_url(QueueName=rule)["QueueUrl"])
                # InputPath: the queue receives the event itself, as SNS delivers it, and not EventBridge's envelope.
                target = {"Id": "queue", "Arn": queue, "InputPath": "$.detail"}
                events.put_rule(Name=rule, EventBusName=self.name, EventPattern=json.dumps({"detail-type": types}))
                events.put_targets(Rule=rule, EventBusName=self.name, Targets=[target])
        wanted = {f"{self.name}-{consumer}" for consumer in self.subscriptions if self.types(consumer, BUS)}
        for rule in events.list_rules(EventBusName=self.name, NamePrefix=f"{self.name}-")["Rules"]:
            if rule["Name"] not in wanted and "ManagedBy" not in rule and "EventPattern" in rule:
                targets = events.list_targets_by_rule(Rule=rule["Name"], EventBusName=self.name)["Targets"]
                if targets and all(target["Id"] == "queue" for target in targets):
                    events.remove_targets(Rule=rule["Name"], EventBusName=self.name, Ids=["queue"])
                    events.delete_rule(Name=rule["Name"], EventBusName=self.name)
        return self.name

    def feedback(self) -> str:
        """The topic on which SES tells what became of mails, and its queue; returns the configuration set.

        The emulator never tells anything: whoever wants to see it told publishes to the topic.
        """
        sns, sqs, ses = self.client("sns"), self.client("sqs"), self.client("ses")
        queue = self._queue_arn(sqs, sqs.get_queue_url(QueueName=f"{self.name}-ses-feedback")["QueueUrl"])
        topic = str(sns.create_topic(Name=f"{self.name}-ses-feedback")["TopicArn"])
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
        with suppress(ses.exceptions.ConfigurationSetAlreadyExistsException):
            ses.create_configuration_set(ConfigurationSet={"Name": self.name})
        return self.name

    def bucket(self) -> str:
        """The private bucket; returns its name."""
        s3 = self.client("s3")
        try:
            s3.head_bucket(Bucket=self.name)
        except ClientError:
            s3.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": self.region})
        doors = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        s3.put_public_access_block(Bucket=self.name, PublicAccessBlockConfiguration=dict.fromkeys(doors, True))
        self._tell_of_uploads(s3)
        return self.name

    def _tell_of_uploads(self, s3: Any) -> None:
        """Has S3 tell the queues of `UPLOADS` what is put into the bucket. It sends a test each time this is set."""
        wanted = []
        for prefix, consumer in UPLOADS.items():
            sqs = self.client("sqs")
            queue = self._queue_arn(sqs, sqs.get_queue_url(QueueName=f"{self.name}-{consumer}")["QueueUrl"])
            rules = {"Key": {"FilterRules": [{"Name": "prefix", "Value": prefix}]}}
            wanted.append({"Id": consumer, "QueueArn": queue, "Events": ["s3:ObjectCreated:*"], "Filter": rules})
        standing = s3.get_bucket_notification_configuration(Bucket=self.name).get("QueueConfigurations", [])
        if standing != wanted:
            s3.put_bucket_notification_configuration(
                Bucket=self.name, NotificationConfiguration={"QueueConfigurations": wanted}
            )

    def pool(self) -> tuple[str, str]:
        """The user pool with its groups and client; returns the ids of pool and client."""
        cognito = self.client("cognito-idp")
        pages = cognito.get_paginator("list_user_pools").paginate(MaxResults=60)
        pool = next((row["Id"] for page in pages for row in page["UserPools"] if row["Name"] == self.name), None)
        if pool is None:
            kinds = dict.fromkeys(("RequireUppercase", "RequireLowercase", "RequireNumbers"), True)
            pool = cognito.create_user_pool(
                PoolName=self.name,
                Policies={"PasswordPolicy": {"MinimumLength": 10, **kinds, "RequireSymbols": False}},
                UsernameAttributes=["email"],
                AutoVerifiedAttributes=["email"],
            )["UserPool"]["Id"]
        # Each time, for pools from before there was a second factor.
        cognito.set_user_pool_mfa_config(
            UserPoolId=pool, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
        )
        pages = cognito.get_paginator("list_user_pool_clients").paginate(UserPoolId=pool, MaxResults=60)
        clients = {row["ClientName"]: row["ClientId"] for page in pages for row in page["UserPoolClients"]}
        client = (
            clients.get(self.name)
            or cognito.create_user_pool_client(
                UserPoolId=pool,
                ClientName=self.name,
                GenerateSecret=False,
                ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
                PreventUserExistenceErrors="ENABLED",
                EnableTokenRevocation=True,
            )["UserPoolClient"]["ClientId"]
        )
        for group in ("catalog", "support", "staff", "admin"):
            try:
                cognito.create_group(UserPoolId=pool, GroupName=group)
            except cognito.exceptions.GroupExistsException:
                continue
        return str(pool), str(client)

    def people(self, pool: str) -> None:
        """The demo sign-ins. A person who stands confirmed keeps the password, which may have been changed since."""
        cognito = self.client("cognito-idp")
        for person in SIGN_INS:
            try:
                status = cognito.admin_get_user(UserPoolId=pool, Username=person.email)["UserStatus"]
            except cognito.exceptions.UserNotFoundException:
                attributes = {"email": person.email, "email_verified": "true", "name": person.name}
                cognito.admin_create_user(
                    UserPoolId=pool,
                    Username=person.email,
                    UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
                    MessageAction="SUPPRESS",
                )
                status = "NEW"
            if status != "CONFIRMED":
                cognito.admin_set_user_password(
                    UserPoolId=pool, Username=person.email, Password=person.password, Permanent=True
                )
            for group in person.groups:
                cognito.admin_add_user_to_group(UserPoolId=pool, Username=person.email, GroupName=group)


def provision(
    endpoint: str,
    *,
    name: str = "shop",
    region: str = "eu-central-1",
    environment: Mapping[str, str],
    sender: str = "shop@example.com",
    subscriptions: Mapping[str, Mapping[str, str]] = SUBSCRIPTIONS,
    routes: Mapping[str, str] = ROUTES,
) -> dict[str, str]:
    """Makes all that is missing and returns the settings that name it. `environment` holds the credentials.

    `sender` is the address that mails come from, with or without a name. Raises botocore's errors.
    """
    shop = Provision(
        endpoint, name=name, region=region, environment=environment, subscriptions=subscriptions, routes=routes
    )
    queues = shop.queues()
    pool, client = shop.pool()
    shop.people(pool)
    shop.client("ses").verify_email_identity(EmailAddress=parseaddr(sender)[1])
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_REGION": region,
        "QUEUE_URL_PREFIX": queues,
        "SNS_TOPIC_ARN": shop.topic(),
        "EVENT_BUS_NAME": shop.bus(),
        "SES_CONFIGURATION_SET": shop.feedback(),
        "S3_BUCKET": shop.bucket(),
        "COGNITO_POOL_ID": pool,
        "COGNITO_CLIENT_ID": client,
        "COGNITO_ISSUER": f"https://cognito-idp.{region}.amazonaws.com/{pool}",
        "COGNITO_JWKS_URL": f"{endpoint}/{pool}/.well-known/jwks.json",
    }
