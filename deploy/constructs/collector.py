"""Where traces go: AWS's collector beside each process, which takes spans by OTLP and passes them on to X-Ray."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import aws_ecs, aws_iam, aws_logs

from deploy.nag import explain
from deploy.settings import Settings

IMAGE = "public.ecr.aws/aws-observability/aws-otel-collector:v0.48.0"
NAME, ADDRESS = "collector", "127.0.0.1:4318"  # containers of a task share its network, and nobody else reaches it
MEMORY_MIB = 96
CONFIGURATION: dict[str, Any] = {
    "receivers": {"otlp": {"protocols": {"http": {"endpoint": ADDRESS}}}},
    "processors": {
        "memory_limiter": {"check_interval": "5s", "limit_mib": MEMORY_MIB * 3 // 4},
        "batch": {"timeout": "5s", "send_batch_size": 256},
    },
    "exporters": {"awsxray": {"indexed_attributes": ["request_id", "event_id", "subject"]}},
    "service": {
        "pipelines": {
            "traces": {"receivers": ["otlp"], "processors": ["memory_limiter", "batch"], "exporters": ["awsxray"]}
        }
    },
}
"""JSON is YAML too. What is indexed can be searched for: `annotation.event_id = "…"`."""

MAY = ["xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets"]


def told(settings: Settings) -> dict[str, str]:
    """How every process is told to be seen (docs/observability.md); what `deploy/shop.toml` says goes before it."""
    traces = {"TRACES": "otlp", "TRACES_ENDPOINT": f"http://{ADDRESS}", "TRACES_PERCENT": str(settings.traces_percent)}
    seen = {"LOG_FORMAT": "json", "METRICS": "emf", "METRICS_NAMESPACE": namespace(settings)}
    return seen | (traces if settings.traces_percent else {})


def namespace(settings: Settings) -> str:
    """What CloudWatch keeps the shop's metrics under: two shops in one account do not count together."""
    return settings.shop.get("METRICS_NAMESPACE", f"Shop/{settings.name}")


def add_collector(task: aws_ecs.FargateTaskDefinition, *, logs: aws_logs.ILogGroup, settings: Settings) -> None:
    """Puts a collector into a task, where anything is traced. Its end does not end the process that it is for."""
    if not settings.traces_percent:
        return
    task.add_container(
        NAME,
        image=aws_ecs.ContainerImage.from_registry(IMAGE),
        essential=False,
        memory_limit_mib=MEMORY_MIB,
        readonly_root_filesystem=True,
        environment={"AOT_CONFIG_CONTENT": json.dumps(CONFIGURATION)},
        logging=aws_ecs.LogDrivers.aws_logs(stream_prefix=NAME, log_group=logs),
    )
    task.add_to_task_role_policy(aws_iam.PolicyStatement(actions=MAY, resources=["*"]))
    explain(task.task_role, "IAM5[Resource::*]", "X-Ray has no resources to name: a trace is written to the account.")
    explain(task, "ECS2", "The collector's configuration is no secret.")
