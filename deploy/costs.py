"""What a month costs, worked out from the templates: `deploy/.venv/bin/python -m deploy.costs` prints README's tables.

Prices are AWS's list prices in US dollars for eu-central-1 (aws.amazon.com/<service>/pricing), on demand, without tax
and without free tiers: estimates as of November 2026, held against no bill and no price list. Look them up before you
rely on them; PRICES is all there is to change.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOURS = 730
ARM, X86 = "ARM64", "X86_64"
PRICES: dict[str, float] = {
    f"Fargate, vCPU hour, {ARM}": 0.03725,
    f"Fargate, GB hour, {ARM}": 0.00409,
    f"Fargate, vCPU hour, {X86}": 0.04656,
    f"Fargate, GB hour, {X86}": 0.00511,
    "Fargate Spot, share of the price": 0.35,
    "db.t4g.micro hour": 0.018,
    "db.t4g.small hour": 0.037,
    "database storage, GB": 0.137,
    "Aurora capacity unit hour": 0.14,
    "cache.t4g.micro hour": 0.0152,
    "load balancer hour": 0.027,
    "its capacity unit hour": 0.008,
    "NAT gateway hour": 0.052,
    "NAT gateway, GB": 0.052,
    "public IPv4 address hour": 0.005,
    "secret": 0.40,
    "KMS key": 1.00,
    "alarm": 0.10,
    "dashboard": 3.00,
    "metric": 0.30,
    "web ACL": 5.00,
    "its rule": 1.00,
    "logs, GB": 0.63,
    "SNS, million publishes": 0.50,
    "SQS, million requests": 0.40,
    "EventBridge, million events": 1.00,
    "SES, thousand mails": 0.10,
    "SES, GB attached": 0.12,
    "S3, thousand writes": 0.0054,
    "S3, thousand reads": 0.00043,
    "S3, GB": 0.0245,
    "Internet, GB out": 0.09,
}
Resource = Mapping[str, Any]
Stacks = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Row:
    what: str
    month: float


def _task(definition: Resource, *, spot: bool) -> float:
    """A month of one task."""
    told = definition["Properties"]
    kind = told["RuntimePlatform"]["CpuArchitecture"]
    hour = int(told["Cpu"]) / 1024 * PRICES[f"Fargate, vCPU hour, {kind}"]
    hour += int(told["Memory"]) / 1024 * PRICES[f"Fargate, GB hour, {kind}"]
    return hour * HOURS * (PRICES["Fargate Spot, share of the price"] if spot else 1)


def at_rest(stacks: Stacks) -> list[Row]:
    """A month of a shop that nobody visits, by component. Raises KeyError for a size that has no price here."""
    all_ = {id: row for stack in stacks.values() for id, row in stack["Resources"].items()}

    def of(kind: str) -> list[Resource]:
        return [row for row in all_.values() if row["Type"] == f"AWS::{kind}"]

    rows, tasks, addresses = [], 0, 0
    processes, workers = 0.0, 0.0
    for service in of("ECS::Service"):
        told = service["Properties"]
        count = int(told.get("DesiredCount", 1))
        strategy = told.get("CapacityProviderStrategy", [])
        spot = any(each["CapacityProvider"] == "FARGATE_SPOT" and each.get("Weight", 1) for each in strategy)
        month = count * _task(all_[told["TaskDefinition"]["Ref"]], spot=spot)
        workers, processes = (workers + month, processes) if spot else (workers, processes + month)
        tasks += count
        public = told["NetworkConfiguration"]["AwsvpcConfiguration"].get("AssignPublicIp") == "ENABLED"
        addresses += count * public
    rows += [Row("Fargate, on demand", processes), Row("Fargate Spot", workers)]
    database = 0.0
    for instance in of("RDS::DBInstance"):
        told = instance["Properties"]
        one = PRICES[f"{told['DBInstanceClass']} hour"] * HOURS
        one += int(told["AllocatedStorage"]) * PRICES["database storage, GB"]
        database += one * (2 if told.get("MultiAZ") else 1)
    rows.append(Row("database", database))
    caches = [row["Properties"] for row in of("ElastiCache::ReplicationGroup")]
    rows.append(
        Row("Valkey", sum(row["NumCacheClusters"] * PRICES[f"{row['CacheNodeType']} hour"] * HOURS for row in caches))
    )
    zones = len([row for row in of("EC2::Subnet") if row["Properties"].get("MapPublicIpOnLaunch")])
    rows.append(
        Row("load balancer", len(of("ElasticLoadBalancingV2::LoadBalancer")) * PRICES["load balancer hour"] * HOURS)
    )
    rows.append(Row("NAT gateway", len(of("EC2::NatGateway")) * PRICES["NAT gateway hour"] * HOURS))
    addresses += zones + len(of("EC2::EIP"))
    rows.append(Row("public IPv4 addresses", addresses * PRICES["public IPv4 address hour"] * HOURS))
    secrets = len(of("SecretsManager::Secret")) + len(of("RDS::DBInstance"))
    rows.append(Row("secrets and keys", secrets * PRICES["secret"] + len(of("KMS::Key")) * PRICES["KMS key"]))
    seen = len(of("CloudWatch::Alarm")) * PRICES["alarm"] + len(of("CloudWatch::Dashboard")) * PRICES["dashboard"]
    rows.append(Row("alarms and dashboard", seen))
    acls = of("WAFv2::WebACL")
    rules = sum(len(row["Properties"]["Rules"]) for row in acls)
    rows.append(Row("firewall", len(acls) * PRICES["web ACL"] + rules * PRICES["its rule"]))
    return rows


EVENTS = 3.0  # of an order that is placed, confirmed and invoiced: measured, docs/performance.md
DELIVERIES = (
    5.0  # of them to queues: by the filters of shop/subscriptions.py, two mails, an invoice, and what listens beside
)
REQUESTS = 3.0  # of SQS for a delivery: sent, received, deleted, each alone
ATTACHED_KIB = 72.0  # a document of one page
LOGGED_KIB = 20.0  # all processes' lines for an order
ANSWERED_KIB = 200.0  # sent to those who look around before they buy
WORKER_SECONDS = 0.32  # of processor: measured


def orders(count: int) -> list[Row]:
    """What a month of so many orders costs beside that, each confirmed, with two mails and one document."""
    million, gib = count / 1e6, count / 1024 / 1024
    mails = count * 2 / 1000 * PRICES["SES, thousand mails"] + gib * ATTACHED_KIB * PRICES["SES, GB attached"]
    files = count / 1000 * (PRICES["S3, thousand writes"] + PRICES["S3, thousand reads"])
    worker = PRICES[f"Fargate, vCPU hour, {ARM}"] + 4 * PRICES[f"Fargate, GB hour, {ARM}"]
    return [
        Row("SNS", million * EVENTS * PRICES["SNS, million publishes"]),
        Row("SQS", million * DELIVERIES * REQUESTS * PRICES["SQS, million requests"]),
        Row("EventBridge", million * PRICES["EventBridge, million events"]),
        Row("SES", mails),
        Row("S3", files + gib * ATTACHED_KIB * PRICES["S3, GB"]),
        Row("logs", gib * LOGGED_KIB * PRICES["logs, GB"]),
        Row("Internet", gib * ANSWERED_KIB * PRICES["Internet, GB out"]),
        Row("workers' processors", count * WORKER_SECONDS / 3600 * worker),
    ]


def table(columns: Mapping[str, Iterable[Row]]) -> str:
    """Markdown: components down, columns across, and what all is together."""
    rows = {name: {row.what: row.month for row in found} for name, found in columns.items()}
    names = list(dict.fromkeys(what for found in rows.values() for what in found))
    lines = [f"| US dollars a month | {' | '.join(rows)} |", "|---|" + "---:|" * len(rows)]
    lines += [f"| {what} | {' | '.join(f'{found.get(what, 0):.2f}' for found in rows.values())} |" for what in names]
    return "\n".join(
        [*lines, f"| **all** | {' | '.join(f'**{sum(found.values()):.2f}**' for found in rows.values())} |"]
    )


def tables(standard: Stacks, lean: Stacks) -> tuple[str, str]:
    """Of the variants at rest, and of what orders add."""
    months = {f"{count:,} orders": orders(count) for count in (1_000, 100_000)}
    return table({"lean": at_rest(lean), "standard": at_rest(standard)}), table(months)


def main() -> int:
    from deploy import node

    node.use()  # before anything imports aws_cdk
    from deploy.tests.synthesized import synthesize

    with tempfile.TemporaryDirectory() as folder:
        made = {name: synthesize(Path(folder) / name, variant=name).stacks for name in ("standard", "lean")}
    sys.stdout.write("\n\n".join(tables(made["standard"], made["lean"])) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
