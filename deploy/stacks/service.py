"""What runs: the processes of `shop/processes.py` on Fargate, the load balancer before them, and the cache."""

from __future__ import annotations

from typing import Any

from aws_cdk import CfnOutput, Duration, Stack, aws_ec2, aws_ecs
from constructs import Construct

from deploy.constructs import cache as valkey
from deploy.constructs import database
from deploy.constructs.balancer import Balancer
from deploy.constructs.environment import environment
from deploy.constructs.firewall import Firewall
from deploy.constructs.image import image
from deploy.constructs.migrations import Migrations
from deploy.constructs.permissions import Permissions
from deploy.constructs.process import Process, Size, World
from deploy.constructs.seeing import Seeing
from deploy.constructs.workers import Workers
from deploy.nag import explain
from deploy.settings import Settings
from deploy.stacks.data import DataStack
from deploy.stacks.events import EventsStack
from deploy.stacks.identity import IdentityStack
from shop.processes import PORTS

SMALL, WEB = Size(cpu=256, memory=512), Size(cpu=512, memory=1024)
LIVE_PATHS, ALL_PATHS = ["/ws/*"], ["/*"]
REQUESTS_PER_TASK = 3000  # a minute, and so 50 a second: half of what a task of this size was seen to do


class ServiceStack(Stack):
    """`processes` by name (`web`, `relay`, `worker-emails`, …); dashboards and alarms are made from them."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        data: DataStack,
        events: EventsStack,
        identity: IdentityStack,
        settings: Settings,
        **options: Any,
    ) -> None:
        super().__init__(scope, id, **options)
        network = data.network
        group = aws_ec2.SecurityGroup(self, "Tasks", vpc=network.vpc, description="All processes of the shop")
        group.connections.allow_to(data.database.group, aws_ec2.Port.tcp(database.PORT), "PostgreSQL")
        cache = None
        if settings.cache != "none":
            cache = valkey.Cache(self, "Cache", network=network, settings=settings)
            group.connections.allow_to(cache.group, aws_ec2.Port.tcp(valkey.PORT), "Valkey")
        self.balancer = Balancer(self, "Way", network=network, settings=settings)
        for process, port in PORTS.items():
            self.balancer.group.connections.allow_to(group, aws_ec2.Port.tcp(port), process)
        world = World(
            cluster=self._cluster(network.vpc, settings),
            image=image(self, settings),
            environment=environment(
                data=data, events=events, identity=identity, balancer=self.balancer, cache=cache, settings=settings
            ),
            network=network,
            group=group,
            settings=settings,
        )
        permissions = Permissions(data=data, events=events, identity=identity, settings=settings)
        self.migrations = Migrations(self, "Migrations", world=world, permissions=permissions)
        self.processes = self._processes(world, permissions)
        for process in self.processes.values():
            process.service.node.add_dependency(self.migrations.done)
        if settings.waf:
            Firewall(self, "Firewall", balancer=self.balancer, settings=settings)
        Seeing(self, "Seeing", settings=settings, places=self._places(data))
        self._outputs(world)

    def _cluster(self, vpc: aws_ec2.Vpc, settings: Settings) -> aws_ecs.Cluster:
        how = aws_ecs.ContainerInsights
        cluster = aws_ecs.Cluster(
            self,
            "Cluster",
            vpc=vpc,
            cluster_name=settings.name,
            enable_fargate_capacity_providers=True,
            container_insights_v2=how.ENABLED if settings.insights else how.DISABLED,
        )
        if not settings.insights:
            explain(cluster, "ECS4", "Container Insights costs by the metric, and is a choice (insights).")
        return cluster

    def _processes(self, world: World, permissions: Permissions) -> dict[str, Process]:
        settings = world.settings
        web = Process(self, "Web", world=world, process="web", size=WEB, count=settings.web_tasks)
        live = Process(self, "Live", world=world, process="live", size=SMALL, count=settings.web_tasks)
        relay = Process(self, "Relay", world=world, process="relay", size=SMALL, count=settings.relays)
        beat = Process(self, "Beat", world=world, process="beat", size=SMALL, count=1, alone=True)
        made = {"web": web, "live": live, "relay": relay, "beat": beat}
        for name, process in made.items():
            permissions.process(process.role, name)
        self.targets = {
            "live": self.balancer.lead_to("live", live.service, paths=LIVE_PATHS, priority=1),
            "web": self.balancer.lead_to("web", web.service, paths=ALL_PATHS, priority=2),
        }
        growing = web.service.auto_scale_task_count(
            min_capacity=settings.web_tasks, max_capacity=settings.most_web_tasks
        )
        growing.scale_on_request_count(
            "Requests", requests_per_target=REQUESTS_PER_TASK, target_group=self.targets["web"]
        )
        growing.scale_on_cpu_utilization("Processor", target_utilization_percent=60)
        sockets = live.service.auto_scale_task_count(
            min_capacity=settings.web_tasks, max_capacity=settings.most_web_tasks
        )
        sockets.scale_on_cpu_utilization("Processor", target_utilization_percent=50)
        sockets.scale_on_memory_utilization(
            "Memory", target_utilization_percent=70, scale_in_cooldown=Duration.minutes(10)
        )
        workers = Workers(self, "Workers", world=world, permissions=permissions)
        return made | {f"worker-{name}": process for name, process in workers.processes.items()}

    def _places(self, data: DataStack) -> dict[str, str]:
        """What alarms ask for by name; what this shop has not is left out, and its alarms with it."""
        places = {
            "load_balancer": self.balancer.balancer.load_balancer_full_name,
            "database": data.database.instance,
            "certificate": self.balancer.certificate,
            **{name: group.target_group_full_name for name, group in self.targets.items()},
        }
        return {name: place for name, place in places.items() if place}

    def _outputs(self, world: World) -> None:
        plain = world.environment.plain
        said = {
            "Url": plain["PUBLIC_URL"],
            "LiveUrl": plain["LIVE_URL"],
            "Balancer": self.balancer.balancer.load_balancer_dns_name,
            "Cluster": world.cluster.cluster_name,
            "ManageTask": self.migrations.task.task_definition_arn,
            **{
                f"{name.title().replace('-', '')}Task": p.task.task_definition_arn for name, p in self.processes.items()
            },
        }
        for name, value in said.items():
            CfnOutput(self, f"Output{name}", key=name, value=value)
