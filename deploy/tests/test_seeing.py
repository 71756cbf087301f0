"""Each alarm of `shop/alarms.py` is made, of what is there, and wakes somebody; the dashboard shows what is counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk.assertions import Template

from deploy.constructs.queues import NAMES
from deploy.constructs.seeing import Seeing
from deploy.settings import chosen
from deploy.tests.synthesized import GIVEN, flat, statements
from shop.alarms import ALARMS

PLACES = {"load_balancer": "app/shop/1", "web": "targetgroup/web/1", "live": "targetgroup/live/1", "database": "shop"}
CERTIFICATE = {"certificate": "arn:aws:acm:eu-central-1:123456789012:certificate/1"}


def made(places: dict[str, str], **choices: Any) -> Template:
    stack = cdk.Stack(cdk.App(), "seeing")
    Seeing(stack, "Seeing", settings=chosen(Path("none"), GIVEN | choices), places=places)
    return Template.from_stack(stack)


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    rows = template.find_resources("AWS::CloudWatch::Alarm").values()
    return {row["Properties"]["AlarmName"].removeprefix("shop-"): row["Properties"] for row in rows}


def test_every_alarm_is_made_and_those_of_queues_for_each() -> None:
    each = {alarm.name for alarm in ALARMS if alarm.is_for_each_queue}
    wanted = {f"{name}-{queue}" for name in each for queue in NAMES}
    wanted |= {alarm.name for alarm in ALARMS} - each

    assert alarms(made(PLACES | CERTIFICATE)).keys() == wanted


def test_an_alarm_of_what_a_shop_has_not_is_not_made() -> None:
    assert "certificate-expires" not in alarms(made(PLACES))
    assert "web-down" not in alarms(made({}))
    assert "outbox-lag" in alarms(made({}))


def test_an_alarm_names_its_page_and_wakes_by_the_topic_that_cloudwatch_may_write_to() -> None:
    template = made(PLACES, alarms_to="night@example.com")
    ((topic, row),) = template.find_resources("AWS::SNS::Topic").items()
    (policy,) = template.find_resources("AWS::SNS::TopicPolicy").values()

    assert row["Properties"]["TopicName"] == "shop-alarms"
    for alarm in alarms(template).values():
        assert "docs/runbook.md#" in alarm["AlarmDescription"]
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": topic}]
    assert any("cloudwatch.amazonaws.com" in flat(statement["Principal"]) for statement in statements(policy))
    template.has_resource_properties("AWS::SNS::Subscription", {"Protocol": "email", "Endpoint": "night@example.com"})


def test_alarms_watch_what_the_table_says() -> None:
    found = alarms(made(PLACES))

    silent, age = found["relay-silent"], found["queue-age-emails"]
    assert (silent["Namespace"], silent["MetricName"], silent["Statistic"]) == ("Shop/shop", "OutboxLag", "SampleCount")
    assert (silent["TreatMissingData"], silent["ComparisonOperator"]) == ("breaching", "LessThanThreshold")
    assert age["Dimensions"] == [{"Name": "QueueName", "Value": "shop-emails"}]
    assert (age["Threshold"], age["Period"], age["EvaluationPeriods"]) == (600, 60, 5)


def test_metrics_of_a_namespace_of_its_own_are_watched_there(tmp_path: Path) -> None:
    file = tmp_path / "shop.toml"
    file.write_text('[shop]\nMETRICS_NAMESPACE = "Second"\n')
    stack = cdk.Stack(cdk.App(), "seeing")
    Seeing(stack, "Seeing", settings=chosen(file, GIVEN), places=PLACES)

    assert alarms(Template.from_stack(stack))["outbox-lag"]["Namespace"] == "Second"


def test_the_dashboard_shows_every_metric_that_the_shop_counts() -> None:
    (row,) = made(PLACES).find_resources("AWS::CloudWatch::Dashboard").values()
    body = json.dumps(row)

    for metric in ("Orders", "Refusals", "OutboxLag", "HandledAfter", "Mails", "PdfTime", "LiveConnections"):
        assert f'\\"{metric}\\"' in body or f'\\\\\\"{metric}' in body
