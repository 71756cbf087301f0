"""What runs, what it is told, and what it may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deploy.lambdas.migrations import CONTAINER
from deploy.shop_settings import MADE, declared
from deploy.tests.synthesized import Synthesized, flat, statements, synthesize, target
from shop.processes import COMMANDS
from shop.subscriptions import INBOUND, SUBSCRIPTIONS, TASK_QUEUE

QUEUES = {TASK_QUEUE, *SUBSCRIPTIONS, *INBOUND}
NOBODYS_NAME = {"ecr:GetAuthorizationToken", "ecs:DescribeTasks"}
"""Calls that know no resource beforehand."""


def containers(shop: Synthesized) -> dict[str, Any]:
    """Family without the shop's name → its container."""
    rows = [row["Properties"] for row in shop.of("service", "ECS::TaskDefinition").values()]
    return {row["Family"].removeprefix("shop-"): row["ContainerDefinitions"][0] for row in rows}


def allowed(shop: Synthesized, family: str) -> list[dict[str, Any]]:
    """The statements of a family's task role."""
    rows = shop.of("service", "ECS::TaskDefinition").values()
    (row,) = [row for row in rows if row["Properties"]["Family"] == f"shop-{family}"]
    role = target(row["Properties"]["TaskRoleArn"])
    policies = shop.of("service", "IAM::Policy").values()
    return [
        s
        for policy in policies
        if flat(policy["Properties"]["Roles"]).find(f'"{role}"') >= 0
        for s in statements(policy)
    ]


def actions(shop: Synthesized, family: str) -> set[str]:
    found = [statement["Action"] for statement in allowed(shop, family)]
    return {action for some in found for action in ([some] if isinstance(some, str) else some)}


def test_every_queue_has_workers(standard: Synthesized, lean: Synthesized) -> None:
    taken = [containers(standard)[f"worker-{name}"]["Command"][-1] for name in QUEUES]
    assert sorted(taken) == sorted(QUEUES)
    assert set(containers(lean)["worker-all"]["Command"][-1].split(",")) == QUEUES


def test_every_process_is_started_by_its_name(shop: Synthesized) -> None:
    started = {tuple(row["Command"][:3]) for row in containers(shop).values()}
    assert started == {("python", "-m", "shop.serve")}
    assert {row["Command"][3] for row in containers(shop).values()} == COMMANDS.keys()


def test_containers_write_to_one_folder_alone_and_are_nobody(shop: Synthesized) -> None:
    for row in containers(shop).values():
        assert row["ReadonlyRootFilesystem"] is True
        assert row["User"] == "10001:10001"
        assert [(point["ContainerPath"], point["ReadOnly"]) for point in row["MountPoints"]] == [("/tmp", False)]  # noqa: S108
        assert row["StopTimeout"] == 120
        assert "Privileged" not in row


CHOSEN = {"WORKER_MEMORY_MIB", "LOG_FORMAT", "METRICS", "METRICS_NAMESPACE"}
"""What deploy/shop.toml may say otherwise."""


def test_what_containers_are_told_are_settings_of_the_shop(shop: Synthesized) -> None:
    for row in containers(shop).values():
        plain = {entry["Name"] for entry in row["Environment"]}
        secret = {entry["Name"] for entry in row["Secrets"]}
        assert plain | secret <= declared()
        assert secret == {"SECRET_KEY", "TRIGGER_SECRET"}
        assert plain - CHOSEN <= MADE


def test_nothing_may_do_something_to_everything(shop: Synthesized) -> None:
    for stack in shop.stacks:
        for policy in shop.of(stack, "IAM::Policy").values():
            for statement in statements(policy):
                done = {statement["Action"]} if isinstance(statement["Action"], str) else set(statement["Action"])
                assert not any(action == "*" or action.endswith(":*") for action in done)
                assert statement["Resource"] != "*" or done <= NOBODYS_NAME


def test_each_process_may_what_it_does_and_no_more(standard: Synthesized) -> None:
    database = {"secretsmanager:GetSecretValue"}
    publish = {"sns:Publish", "events:PutEvents"}
    assert actions(standard, "relay") == database | publish
    assert actions(standard, "live") == database | {"sqs:GetQueueAttributes", "s3:PutObject"}
    assert actions(standard, "beat") == database | {"sqs:SendMessage", "sqs:GetQueueAttributes"}
    everyone = [name for name in containers(standard) if name != "relay"]
    assert all(not publish & actions(standard, name) for name in everyone)
    assert [name for name in containers(standard) if "ses:SendRawEmail" in actions(standard, name)] == ["worker-emails"]
    removes = [name for name in containers(standard) if "cognito-idp:AdminDeleteUser" in actions(standard, name)]
    assert removes == ["worker-own-data"]


def test_an_operator_s_commands_take_from_dead_letter_queues_alone(standard: Synthesized) -> None:
    queues = standard.of("events", "SQS::Queue")
    dead = {id for id, row in queues.items() if row["Properties"]["QueueName"].endswith("-dead")}
    taken = [flat(s["Resource"]) for s in allowed(standard, "manage") if "sqs:ReceiveMessage" in flat(s["Action"])]
    sent = [flat(s["Resource"]) for s in allowed(standard, "manage") if "sqs:SendMessage" in flat(s["Action"])]
    assert len(dead) == len(QUEUES)
    assert {id for id in queues if any(f"GetAtt{id}Arn" in one for one in taken)} == dead
    assert {id for id in queues if any(f"GetAtt{id}Arn" in one for one in sent)} == queues.keys() - dead


def test_with_a_key_of_its_own_only_who_reads_or_sends_may_use_it(folder: Path) -> None:
    shop = synthesize(folder, queue_encryption="kms")
    of_key = {"kms:Decrypt", "kms:GenerateDataKey"}
    assert {name for name in containers(shop) if not actions(shop, name) & of_key} == {"live"}
    assert "kms:GenerateDataKey" not in actions(shop, "worker-emails")
    assert of_key <= actions(shop, "beat")
    assert "kms:GenerateDataKey*" in actions(shop, "relay")  # the topic's grant is CDK's


def test_a_worker_takes_from_its_own_queue_and_reaches_its_own_files(standard: Synthesized) -> None:
    for name in QUEUES:
        takes = [s for s in allowed(standard, f"worker-{name}") if "sqs:ReceiveMessage" in flat(s["Action"])]
        assert len(takes) == 1
    assert "/invoices/*" in flat(allowed(standard, "worker-emails"))
    for name in ("worker-catalog", "worker-imports", "worker-own-data", "worker-tasks"):
        assert "/invoices/*" not in flat(allowed(standard, name))
    assert "s3:" not in flat(allowed(standard, "worker-refusals"))
    assert "s3:PutObject" not in flat(allowed(standard, "worker-imports"))


def test_a_version_that_does_not_come_up_is_taken_back(shop: Synthesized) -> None:
    services = shop.of("service", "ECS::Service").values()
    assert len(services) >= 5
    for row in services:
        deployment = row["Properties"]["DeploymentConfiguration"]
        assert deployment["DeploymentCircuitBreaker"] == {"Enable": True, "Rollback": True}


def test_migrations_run_before_anything_of_a_new_version(shop: Synthesized) -> None:
    resources = shop.stacks["service"]["Resources"]
    (run,) = [id for id, row in resources.items() if row["Type"] == "Custom::Migrations"]
    properties = resources[run]["Properties"]
    assert target(properties["TaskDefinition"]) in shop.of("service", "ECS::TaskDefinition")
    assert all(run in row["DependsOn"] for row in shop.of("service", "ECS::Service").values())
    assert containers(shop)["manage"]["Name"] == CONTAINER


def test_there_is_one_beat_at_most(shop: Synthesized) -> None:
    rows = [row["Properties"] for row in shop.of("service", "ECS::Service").values()]
    (beat,) = [row for row in rows if row["ServiceName"] == "shop-beat"]
    assert beat["DesiredCount"] == 1
    assert (
        beat["DeploymentConfiguration"]["MinimumHealthyPercent"],
        beat["DeploymentConfiguration"]["MaximumPercent"],
    ) == (0, 100)
    assert "shop-beat" not in flat(list(shop.of("service", "ApplicationAutoScaling::ScalableTarget").values()))


def test_sockets_and_requests_find_their_process_over_tls(shop: Synthesized) -> None:
    listeners = [row["Properties"] for row in shop.of("service", "ElasticLoadBalancingV2::Listener").values()]
    (secure,) = [row for row in listeners if row["Port"] == 443]
    assert secure["SslPolicy"].startswith("ELBSecurityPolicy-TLS13")
    (plain,) = [row for row in listeners if row["Port"] == 80]
    assert plain["DefaultActions"][0]["Type"] == "redirect"
    groups = {
        id: row["Properties"]["Port"] for id, row in shop.of("service", "ElasticLoadBalancingV2::TargetGroup").items()
    }
    rules = sorted(
        (row["Properties"] for row in shop.of("service", "ElasticLoadBalancingV2::ListenerRule").values()),
        key=lambda row: row["Priority"],
    )
    led = [
        (row["Conditions"][0]["PathPatternConfig"]["Values"], groups[target(row["Actions"][0]["TargetGroupArn"])])
        for row in rules
    ]
    assert led == [(["/ws/*"], 8001), (["/*"], 8000)]
    attributes = shop.one("service", "ElasticLoadBalancingV2::LoadBalancer")["LoadBalancerAttributes"]
    assert {"Key": "idle_timeout.timeout_seconds", "Value": "300"} in attributes


def test_workers_grow_with_what_waits_and_for_how_long(shop: Synthesized) -> None:
    workers = [
        row for row in shop.of("service", "ECS::Service").values() if "worker" in row["Properties"]["ServiceName"]
    ]
    alarms = flat(list(shop.of("service", "CloudWatch::Alarm").values()))
    assert alarms.count('"ApproximateAgeOfOldestMessage"') >= len(QUEUES)
    assert alarms.count('"ApproximateNumberOfMessagesVisible"') >= len(QUEUES)
    for row in workers:
        (strategy,) = row["Properties"]["CapacityProviderStrategy"]
        assert strategy["CapacityProvider"] == "FARGATE_SPOT"


def test_the_standard_variant_has_a_reserve_where_the_lean_has_one(standard: Synthesized, lean: Synthesized) -> None:
    def count(shop: Synthesized, name: str) -> int:
        rows = [row["Properties"] for row in shop.of("service", "ECS::Service").values()]
        return int(next(row["DesiredCount"] for row in rows if row["ServiceName"] == f"shop-{name}"))

    assert count(standard, "relay") == 2
    assert count(lean, "relay") == 1
    assert lean.of("service", "ElastiCache::ReplicationGroup") == {}
    cache = standard.one("service", "ElastiCache::ReplicationGroup")
    assert cache["TransitEncryptionEnabled"] is cache["AtRestEncryptionEnabled"] is True
