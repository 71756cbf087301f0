"""One of the shop's processes as a service of ECS on Fargate, as `shop/processes.py` names it."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy, aws_ec2, aws_ecs, aws_iam, aws_logs
from constructs import Construct

from deploy.constructs.collector import add_collector
from deploy.constructs.environment import Environment
from deploy.constructs.network import Network
from deploy.nag import explain
from deploy.settings import Settings
from shop.processes import PORTS

SCRATCH = "/tmp"  # noqa: S108  (the one folder of a container that can be written to)
LONGEST_STOP = Duration.seconds(120)  # what ECS allows: a worker ends its task, a request its answer
ALIVE = "import urllib.request as u; u.urlopen('http://127.0.0.1:{port}/health/live', timeout=4)"


@dataclass(frozen=True, kw_only=True)
class Size:
    """Processor in 1024ths and memory in MiB, in one of Fargate's pairs."""

    cpu: int
    memory: int


@dataclass(frozen=True, kw_only=True)
class World:
    """What all processes share."""

    cluster: aws_ecs.Cluster
    image: aws_ecs.ContainerImage
    environment: Environment
    network: Network
    group: aws_ec2.SecurityGroup
    settings: Settings


def task(
    scope: Construct,
    id: str,
    *,
    world: World,
    process: str,
    command: list[str],
    size: Size,
    more: dict[str, str] | None = None,
) -> aws_ecs.FargateTaskDefinition:
    """A container that can write to `/tmp` alone, is nobody in particular, and has a role of its own."""
    logs = aws_logs.LogGroup(
        scope,
        f"{id}Logs",
        retention=aws_logs.RetentionDays[_RETENTION[world.settings.log_days]],
        removal_policy=RemovalPolicy.DESTROY,
    )
    processors = aws_ecs.CpuArchitecture
    definition = aws_ecs.FargateTaskDefinition(
        scope,
        f"{id}Task",
        family=f"{world.settings.name}-{id.lower()}",
        cpu=size.cpu,
        memory_limit_mib=size.memory,
        runtime_platform=aws_ecs.RuntimePlatform(
            cpu_architecture=processors.ARM64 if world.settings.arm else processors.X86_64,
            operating_system_family=aws_ecs.OperatingSystemFamily.LINUX,
        ),
        volumes=[aws_ecs.Volume(name="scratch")],
        task_role=aws_iam.Role(
            scope, f"{id}Role", assumed_by=aws_iam.ServicePrincipal("ecs-tasks.amazonaws.com"), description=f"{process}"
        ),
    )
    container = definition.add_container(
        process,
        image=world.image,
        command=command,
        environment=world.environment.plain | (more or {}),
        secrets=world.environment.secrets,
        logging=aws_ecs.LogDrivers.aws_logs(stream_prefix=process, log_group=logs),
        readonly_root_filesystem=True,
        user="10001:10001",
        stop_timeout=LONGEST_STOP,
        linux_parameters=aws_ecs.LinuxParameters(scope, f"{id}Linux", init_process_enabled=True),
        port_mappings=[aws_ecs.PortMapping(container_port=PORTS[process])] if process in PORTS else None,
        health_check=_health_check(process),
    )
    container.add_mount_points(aws_ecs.MountPoint(source_volume="scratch", container_path=SCRATCH, read_only=False))
    add_collector(definition, logs=logs, settings=world.settings)
    explain(definition, "ECS2", "No secret is among them: those are fetched from Secrets Manager when a task starts.")
    explain(definition, "IAM5[Resource::*]", "ECR's sign-in has no resource to name.")
    return definition


class Process(Construct):
    """`service` and its `role`. A deployment that does not come up is taken back by ECS itself."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        world: World,
        process: str,
        size: Size,
        count: int,
        options: list[str] | None = None,
        more: dict[str, str] | None = None,
        spot: bool = False,
        alone: bool = False,
    ) -> None:
        super().__init__(scope, id)
        command = ["python", "-m", "shop.serve", process, *(options or [])]
        self.task = task(self, id, world=world, process=process, command=command, size=size, more=more)
        provider = "FARGATE_SPOT" if spot else "FARGATE"
        self.service = aws_ecs.FargateService(
            self,
            "Service",
            cluster=world.cluster,
            service_name=f"{world.settings.name}-{id.lower()}",
            task_definition=self.task,
            desired_count=count,
            capacity_provider_strategies=[aws_ecs.CapacityProviderStrategy(capacity_provider=provider, weight=1)],
            # Of beat there is one at most, also while a new version takes over: two would give each task twice.
            min_healthy_percent=0 if alone else 100,
            max_healthy_percent=100 if alone else 200,
            circuit_breaker=aws_ecs.DeploymentCircuitBreaker(enable=True, rollback=True),
            health_check_grace_period=Duration.seconds(120) if process in PORTS else None,
            vpc_subnets=world.network.tasks,
            assign_public_ip=world.network.public_tasks,
            security_groups=[world.group],
            enable_execute_command=False,
            availability_zone_rebalancing=aws_ecs.AvailabilityZoneRebalancing.DISABLED if alone else None,
            propagate_tags=aws_ecs.PropagatedTagSource.SERVICE,
        )

    @property
    def role(self) -> aws_iam.Role:
        role = self.task.task_role
        assert isinstance(role, aws_iam.Role)  # noqa: S101  (for the type checker: `task` makes it)
        return role


def _health_check(process: str) -> aws_ecs.HealthCheck | None:
    """Of those that answer HTTP. The others end when they are of no more use, and ECS starts them again."""
    if process not in PORTS:
        return None
    return aws_ecs.HealthCheck(
        command=["CMD", "python", "-c", ALIVE.format(port=PORTS[process])],
        interval=Duration.seconds(30),
        timeout=Duration.seconds(6),
        retries=5,
        start_period=Duration.seconds(60),
    )


_RETENTION = {
    1: "ONE_DAY", 3: "THREE_DAYS", 5: "FIVE_DAYS", 7: "ONE_WEEK", 14: "TWO_WEEKS", 30: "ONE_MONTH", 60: "TWO_MONTHS",
    90: "THREE_MONTHS", 120: "FOUR_MONTHS", 150: "FIVE_MONTHS", 180: "SIX_MONTHS", 365: "ONE_YEAR",
    400: "THIRTEEN_MONTHS", 545: "EIGHTEEN_MONTHS", 731: "TWO_YEARS", 1096: "THREE_YEARS", 1827: "FIVE_YEARS",
    2192: "SIX_YEARS", 2557: "SEVEN_YEARS", 2922: "EIGHT_YEARS", 3288: "NINE_YEARS", 3653: "TEN_YEARS",
}  # fmt: skip
"""Days → what CDK calls them."""
