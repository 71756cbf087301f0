"""Against the emulator that bin/test has started, under names of their own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from pycognito.aws_srp import AWSSRP

from events import aws
from local.aws import SIGN_INS, provision
from shop.subscriptions import (
    ARCHIVE_DAYS,
    BUS,
    MAX_RECEIVES,
    ROUTES,
    SUBSCRIPTIONS,
    TASK_QUEUE,
    TOPIC,
    VISIBILITY_TIMEOUT,
)

Table = Mapping[str, Mapping[str, str]]


@pytest.fixture
def name() -> str:
    return f"t{uuid4().hex[:10]}"


def make(name: str, subscriptions: Table = SUBSCRIPTIONS) -> dict[str, str]:
    return provision(
        settings.AWS_ENDPOINT_URL,
        name=name,
        region=settings.AWS_REGION,
        environment=os.environ,
        subscriptions=subscriptions,
    )


def queue(made: Mapping[str, str], consumer: str) -> dict[str, str]:
    url = f"{made['QUEUE_URL_PREFIX']}{consumer}"
    attributes: dict[str, str] = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
        "Attributes"
    ]
    return attributes


def received(made: Mapping[str, str], consumer: str, within: int = 5) -> list[str]:
    url = f"{made['QUEUE_URL_PREFIX']}{consumer}"
    answer = aws.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=within, MaxNumberOfMessages=10)
    return [message["Body"] for message in answer.get("Messages", [])]


def filters(made: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Queue name → the subscription's attributes."""
    sns = aws.client("sns")
    rows = sns.list_subscriptions_by_topic(TopicArn=made["SNS_TOPIC_ARN"])["Subscriptions"]
    found = {}
    for row in rows:
        attributes = sns.get_subscription_attributes(SubscriptionArn=row["SubscriptionArn"])["Attributes"]
        found[row["Endpoint"].rpartition(":")[2]] = attributes
    return found


def publish(made: Mapping[str, str], event_type: str, body: str) -> None:
    attribute = {"event_type": {"DataType": "String", "StringValue": event_type}}
    aws.client("sns").publish(TopicArn=made["SNS_TOPIC_ARN"], Message=body, MessageAttributes=attribute)


def test_a_second_call_finds_all_that_the_first_made(name: str) -> None:
    assert make(name) == make(name)
    on_topic = [handlers for handlers in SUBSCRIPTIONS.values() if TOPIC in map(ROUTES.get, handlers)]
    assert len(filters(make(name))) == len(on_topic)


def test_each_consumer_has_a_queue_that_buries_what_never_works(name: str) -> None:
    made = make(name)
    for consumer in (TASK_QUEUE, *SUBSCRIPTIONS):
        attributes = queue(made, consumer)
        redrive = json.loads(attributes["RedrivePolicy"])
        assert attributes["VisibilityTimeout"] == str(VISIBILITY_TIMEOUT)
        assert int(redrive["maxReceiveCount"]) == MAX_RECEIVES
        assert redrive["deadLetterTargetArn"] == queue(made, f"{consumer}-dead")["QueueArn"]


def test_what_is_put_under_the_prefix_of_uploads_is_told_to_their_queue(name: str) -> None:
    made, s3 = make(name), aws.client("s3")
    make(name)
    for key in ("elsewhere/1", "incoming/1"):
        s3.put_object(Bucket=made["S3_BUCKET"], Key=key, Body=b"{}")

    bodies: list[str] = []
    while not any('"incoming/1"' in body for body in bodies):
        more = received(made, "incoming-documents")
        assert more, bodies
        bodies += more
    test, *told = [json.loads(body) for body in bodies]
    assert (test["Event"], len(told)) == ("s3:TestEvent", 1)
    assert told[0]["Records"][0]["s3"]["bucket"]["name"] == made["S3_BUCKET"]


def test_filters_are_the_table_of_subscriptions(name: str) -> None:
    found = filters(make(name))
    wanted = {
        f"{name}-{consumer}": sorted(kind for kind in handlers if ROUTES[kind] == TOPIC)
        for consumer, handlers in SUBSCRIPTIONS.items()
        if TOPIC in map(ROUTES.get, handlers)
    }
    assert {queue: json.loads(row["FilterPolicy"])["event_type"] for queue, row in found.items()} == wanted


def test_a_consumer_receives_its_types_raw_and_no_others(name: str) -> None:
    made = make(name, {"emails": {"OrderCreated": "x"}, "invoices": {"OrderConfirmed": "x"}})
    publish(made, "OrderConfirmed", '{"type": "OrderConfirmed"}')
    publish(made, "OrderCreated", '{"type": "OrderCreated"}')
    assert received(made, "emails") == ['{"type": "OrderCreated"}']
    assert received(made, "invoices") == ['{"type": "OrderConfirmed"}']


def test_a_consumer_of_the_bus_receives_the_event_without_its_envelope(name: str) -> None:
    kind = next(kind for kind, route in ROUTES.items() if route == BUS)
    made = make(name, {"search": {kind: "x"}})
    entry = {"Source": "shop", "DetailType": kind, "Detail": '{"type": "' + kind + '"}', "EventBusName": name}
    other = entry | {"DetailType": "NothingOfOurs"}
    assert aws.client("events").put_events(Entries=[other, entry])["FailedEntryCount"] == 0
    assert [json.loads(body) for body in received(made, "search")] == [{"type": kind}]


def test_a_refused_order_comes_to_the_queue_of_refusals_and_is_archived(name: str) -> None:
    made, events = make(name), aws.client("events")
    entry = {"Source": "shop", "DetailType": "OrderRejected", "Detail": '{"n": 1}', "EventBusName": name}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    assert [json.loads(body) for body in received(made, "refusals")] == [{"n": 1}]
    archive = events.describe_archive(ArchiveName=f"{name}-archive")
    assert archive["EventSourceArn"] == events.describe_event_bus(Name=name)["Arn"]
    assert (archive["RetentionDays"], archive["EventCount"]) == (ARCHIVE_DAYS, 1)


def test_an_archive_that_stands_is_kept_with_what_is_in_it(name: str) -> None:
    make(name)
    events = aws.client("events")
    events.update_archive(ArchiveName=f"{name}-archive", RetentionDays=7)
    created_at = events.describe_archive(ArchiveName=f"{name}-archive")["CreationTime"]

    make(name)

    archive = events.describe_archive(ArchiveName=f"{name}-archive")
    assert (archive["RetentionDays"], archive["CreationTime"]) == (ARCHIVE_DAYS, created_at)


def test_a_changed_table_changes_filters_and_ends_subscriptions(name: str) -> None:
    make(name, {"emails": {"OrderCreated": "x"}, "invoices": {"OrderConfirmed": "x"}})
    found = filters(make(name, {"emails": {"OrderCancelled": "x"}}))
    assert {queue: json.loads(row["FilterPolicy"]) for queue, row in found.items()} == {
        f"{name}-emails": {"event_type": ["OrderCancelled"]}
    }


def test_the_people_can_sign_in_with_their_groups_and_no_other_password(name: str) -> None:
    made = make(name)
    cognito = aws.client("cognito-idp")

    def sign_in(email: str, password: str) -> str:
        srp = AWSSRP(
            username=email,
            password=password,
            pool_id=made["COGNITO_POOL_ID"],
            client_id=made["COGNITO_CLIENT_ID"],
            client=cognito,
        )
        return str(srp.authenticate_user()["AuthenticationResult"]["AccessToken"])

    for person in SIGN_INS:
        assert cognito.get_user(AccessToken=sign_in(person.email, person.password))["UserAttributes"]
        groups = cognito.admin_list_groups_for_user(UserPoolId=made["COGNITO_POOL_ID"], Username=person.email)["Groups"]
        assert {group["GroupName"] for group in groups} == set(person.groups)
    with pytest.raises(cognito.exceptions.NotAuthorizedException):
        sign_in(SIGN_INS[0].email, "Not-the-password-1")


def test_a_password_that_was_changed_stays_changed(name: str) -> None:
    made, cognito = make(name), aws.client("cognito-idp")
    customer = SIGN_INS[0].email
    pool = made["COGNITO_POOL_ID"]
    cognito.admin_set_user_password(UserPoolId=pool, Username=customer, Password="Another-1234", Permanent=True)
    make(name)
    srp = AWSSRP(
        username=customer,
        password="Another-1234",
        pool_id=pool,
        client_id=made["COGNITO_CLIENT_ID"],
        client=cognito,
    )
    assert srp.authenticate_user()["AuthenticationResult"]["AccessToken"]
