"""A collector stands beside a process where traces are wanted, takes what the process sends, and may write to X-Ray."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecs, aws_logs
from aws_cdk.assertions import Template

from deploy.constructs.collector import add_collector, told
from deploy.constructs.seeing import Seeing
from deploy.nag import check
from deploy.settings import Settings, chosen
from deploy.shop_settings import declared
from deploy.tests.synthesized import GIVEN, statements


def of(**choices: Any) -> Settings:
    return chosen(Path("none"), GIVEN | choices)


def made(settings: Settings) -> Template:
    stack = cdk.Stack(cdk.App(), "traced")
    task = aws_ecs.FargateTaskDefinition(stack, "Task", cpu=256, memory_limit_mib=512)
    task.add_container("web", image=aws_ecs.ContainerImage.from_registry("shop:1"))
    add_collector(task, logs=aws_logs.LogGroup(stack, "Logs"), settings=settings)
    return Template.from_stack(stack)


def containers(template: Template) -> dict[str, Any]:
    (task,) = template.find_resources("AWS::ECS::TaskDefinition").values()
    return {row["Name"]: row for row in task["Properties"]["ContainerDefinitions"]}


def test_the_collector_takes_spans_where_the_process_sends_them() -> None:
    settings = of(traces_percent=5)
    collector = containers(made(settings))["collector"]
    (content,) = [row["Value"] for row in collector["Environment"] if row["Name"] == "AOT_CONFIG_CONTENT"]
    configuration = json.loads(content)
    (pipeline,) = configuration["service"]["pipelines"].values()

    endpoint = configuration["receivers"]["otlp"]["protocols"]["http"]["endpoint"]
    assert told(settings)["TRACES_ENDPOINT"] == f"http://{endpoint}"
    for part in ("receivers", "processors", "exporters"):
        assert set(pipeline[part]) == configuration[part].keys()
    assert collector["Essential"] is False
    assert collector["ReadonlyRootFilesystem"] is True


def test_a_process_may_write_traces_and_nothing_more_for_it() -> None:
    (policy,) = [
        row
        for row in made(of(traces_percent=5)).find_resources("AWS::IAM::Policy").values()
        if "xray" in json.dumps(row)
    ]

    asked = [action for statement in statements(policy) for action in statement["Action"]]
    assert {action for action in asked if action.startswith("xray:Put")} == {
        "xray:PutTraceSegments",
        "xray:PutTelemetryRecords",
    }
    assert all(action.startswith("xray:") for action in asked)


def test_without_traces_there_is_no_collector() -> None:
    assert containers(made(of())).keys() == {"web"}
    assert "TRACES" not in told(of())


def test_processes_are_told_what_the_shop_knows() -> None:
    assert told(of(traces_percent=5)).keys() <= declared()
    assert (told(of())["LOG_FORMAT"], told(of())["METRICS"]) == ("json", "emf")


def test_no_rule_finds_fault_with_what_is_seen_and_what_sees_it(folder: Path) -> None:
    app = cdk.App(outdir=str(folder), analytics_reporting=False)
    stack, settings = cdk.Stack(app, "seen"), of(traces_percent=5, alarms_to="night@example.com")
    Seeing(stack, "Seeing", settings=settings, places={"load_balancer": "app/shop/1", "web": "targetgroup/web/1"})
    task = aws_ecs.FargateTaskDefinition(stack, "Task", cpu=256, memory_limit_mib=512)
    add_collector(task, logs=aws_logs.LogGroup(stack, "Logs"), settings=settings)
    check(app)

    assert [made.stack_name for made in app.synth().stacks] == ["seen"]
