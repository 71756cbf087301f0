"""Queues, filters and rules in the template are those of `shop/subscriptions.py`: none is missing, and none is more."""

from __future__ import annotations

from typing import Any

from deploy.tests.synthesized import Synthesized, flat, statements, target
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

CONSUMERS = {TASK_QUEUE, *SUBSCRIPTIONS, *INBOUND}


def queues(shop: Synthesized) -> dict[str, Any]:
    """Queue's name without the shop's → its properties."""
    found = shop.of("events", "SQS::Queue").values()
    return {row["Properties"]["QueueName"].removeprefix("shop-"): row["Properties"] for row in found}


def consumer_of(shop: Synthesized, arn: Any) -> str:
    name: str = shop.of("events", "SQS::Queue")[target(arn)]["Properties"]["QueueName"]
    return name.removeprefix("shop-")


def by_route(route: str) -> dict[str, set[str]]:
    wanted = {name: {kind for kind in kinds if ROUTES[kind] == route} for name, kinds in SUBSCRIPTIONS.items()}
    return {name: kinds for name, kinds in wanted.items() if kinds}


def subscriptions(shop: Synthesized, topic: str) -> list[dict[str, Any]]:
    topics = {id: row["Properties"]["TopicName"] for id, row in shop.of("events", "SNS::Topic").items()}
    rows = [row["Properties"] for row in shop.of("events", "SNS::Subscription").values()]
    return [row for row in rows if topics[target(row["TopicArn"])] == topic]


def test_each_consumer_has_a_queue_and_a_dead_letter_queue_and_nobody_else_has(shop: Synthesized) -> None:
    assert queues(shop).keys() == CONSUMERS | {f"{name}-dead" for name in CONSUMERS}


def test_queues_count_deliveries_and_hide_messages_as_the_shop_expects(shop: Synthesized) -> None:
    for name in CONSUMERS:
        queue = queues(shop)[name]
        assert queue["VisibilityTimeout"] == VISIBILITY_TIMEOUT
        assert queue["RedrivePolicy"]["maxReceiveCount"] == MAX_RECEIVES
        assert consumer_of(shop, queue["RedrivePolicy"]["deadLetterTargetArn"]) == f"{name}-dead"
        assert queue["ReceiveMessageWaitTimeSeconds"] == 20


def test_every_queue_keeps_messages_for_fourteen_days_encrypted_and_over_tls_alone(shop: Synthesized) -> None:
    assert {row["MessageRetentionPeriod"] for row in queues(shop).values()} == {14 * 24 * 3600}
    assert all(row["SqsManagedSseEnabled"] is True for row in queues(shop).values())
    refused = {
        target(statement["Resource"])
        for policy in shop.of("events", "SQS::QueuePolicy").values()
        for statement in statements(policy)
        if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert refused == shop.of("events", "SQS::Queue").keys()


def test_only_services_may_send_and_each_only_from_a_source_of_ours(shop: Synthesized) -> None:
    allowed = [
        statement
        for policy in shop.of("events", "SQS::QueuePolicy").values()
        for statement in statements(policy)
        if statement["Effect"] == "Allow"
    ]
    conditions: dict[str, list[str]] = {}
    for statement in allowed:
        conditions.setdefault(statement["Principal"]["Service"], []).append(flat(statement["Condition"]))
    assert conditions.keys() == {"sns.amazonaws.com", "events.amazonaws.com", "s3.amazonaws.com"}
    by_s3 = conditions.pop("s3.amazonaws.com")
    assert len(by_s3) == len(UPLOADS)
    assert all("aws:SourceAccount" in condition and "AWS::AccountId" in condition for condition in by_s3)
    assert all("aws:SourceArn" in condition for found in conditions.values() for condition in found)


def test_the_bucket_tells_the_queues_of_the_table_what_is_uploaded(shop: Synthesized) -> None:
    told = shop.one("data", "S3::Bucket")["NotificationConfiguration"]["QueueConfigurations"]
    rules = {row["Filter"]["S3Key"]["Rules"][0]["Value"]: flat(row["Queue"]) for row in told}
    assert rules.keys() == UPLOADS.keys()
    assert all(f"shop-{queue}" in rules[prefix] for prefix, queue in UPLOADS.items())
    assert {row["Event"] for row in told} == {"s3:ObjectCreated:*"}


def test_the_topics_filters_are_the_tables(shop: Synthesized) -> None:
    rows = subscriptions(shop, "shop-events")
    filters = {consumer_of(shop, row["Endpoint"]): row["FilterPolicy"] for row in rows}
    assert {name: set(policy["event_type"]) for name, policy in filters.items()} == by_route(TOPIC)
    assert all(policy.keys() == {"event_type"} for policy in filters.values())
    # Without a scope SNS reads message attributes, which is what the relay sends the type in.
    assert all(row["RawMessageDelivery"] is True and "FilterPolicyScope" not in row for row in rows)


def test_the_bus_rules_are_the_tables_and_hand_over_the_event_alone(shop: Synthesized) -> None:
    rules = [row["Properties"] for row in shop.of("events", "Events::Rule").values()]
    assert len(rules) == len(by_route(BUS))
    targets = {}
    for rule in rules:
        (to,) = rule["Targets"]
        assert to["InputPath"] == "$.detail"
        assert rule["EventPattern"].keys() == {"detail-type"}
        assert target(rule["EventBusName"]) in shop.of("events", "Events::EventBus")
        targets[consumer_of(shop, to["Arn"])] = set(rule["EventPattern"]["detail-type"])
    assert targets == by_route(BUS)


def test_every_route_leads_somewhere(shop: Synthesized) -> None:
    assert {*ROUTES.values()} == {TOPIC, BUS}
    assert shop.one("events", "Events::EventBus")["Name"] == "shop"


def test_the_archive_keeps_everything_for_ever_and_outlives_the_stack(shop: Synthesized) -> None:
    (archive,) = shop.of("events", "Events::Archive").values()
    assert archive["Properties"]["RetentionDays"] == ARCHIVE_DAYS
    assert "EventPattern" not in archive["Properties"]
    assert target(archive["Properties"]["SourceArn"]) in shop.of("events", "Events::EventBus")
    assert archive["DeletionPolicy"] == "Retain"


def test_ses_tells_its_queue_what_became_of_mails(shop: Synthesized) -> None:
    destination = shop.one("events", "SES::ConfigurationSetEventDestination")["EventDestination"]
    assert set(destination["MatchingEventTypes"]) == {"delivery", "bounce", "complaint", "reject", "deliveryDelay"}
    (row,) = subscriptions(shop, "shop-ses-feedback")
    assert target(destination["SnsDestination"]["TopicARN"]) == target(row["TopicArn"])
    assert (consumer_of(shop, row["Endpoint"]), row["RawMessageDelivery"]) == ("ses-feedback", True)
    assert "FilterPolicy" not in row


def test_topics_take_nothing_that_does_not_come_over_tls(shop: Synthesized) -> None:
    refused = {
        target(statement["Resource"])
        for policy in shop.of("events", "SNS::TopicPolicy").values()
        for statement in statements(policy)
        if statement["Effect"] == "Deny" and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    }
    assert refused == shop.of("events", "SNS::Topic").keys()
