"""The database's migrations, run once for each new version, before any of its processes starts."""

from __future__ import annotations

from aws_cdk import CustomResource, Duration, RemovalPolicy, Stack, aws_iam, aws_lambda, aws_logs, custom_resources
from constructs import Construct

from deploy.constructs.permissions import Permissions
from deploy.constructs.process import Size, World, task
from deploy.nag import explain
from deploy.shop_settings import ROOT

MAY_LOG = "arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
FRAMEWORK = ("onEvent", "isComplete", "onTimeout")
"""CDK's own functions, which call ours and wait for their end."""
SIZE = Size(cpu=512, memory=1024)


class Migrations(Construct):
    """`done` is what services wait for, and `task` what an operator's commands run in.

    A new image is a new task definition, whose address the custom resource has among its properties: so it runs again.
    When it fails, nothing of the new version was started, and CloudFormation goes back; the old version's migrations
    are then run once more, and find nothing to do.
    """

    def __init__(self, scope: Construct, id: str, *, world: World, permissions: Permissions) -> None:
        super().__init__(scope, id)
        command = ["python", "-m", "shop.serve", "migrate"]
        self.task = task(self, "Manage", world=world, process="migrate", command=command, size=SIZE)
        role = self.task.task_role
        assert isinstance(role, aws_iam.Role)  # noqa: S101  (for the type checker: `task` makes it)
        permissions.process(role, "manage")
        handlers = {name: self._function(name, world) for name in ("on_event", "is_complete")}
        provider = custom_resources.Provider(
            self,
            "Provider",
            on_event_handler=handlers["on_event"],
            is_complete_handler=handlers["is_complete"],
            query_interval=Duration.seconds(10),
            total_timeout=Duration.hours(1),
        )
        explain(provider, "L1", "The functions are CDK's own, and change with it.")
        explain(provider, f"IAM4[Policy::{MAY_LOG}]", "CDK's functions may write their own log.")
        called = [*handlers.values(), *(provider.node.find_child(f"framework-{name}") for name in FRAMEWORK)]
        for function in called:
            name = Stack.of(self).get_logical_id(function.node.default_child)
            explain(provider, f"IAM5[Resource::<{name}.Arn>:*]", "CDK's functions call any version of ours.")
        explain(
            provider, "SF1", "CDK's state machine asks whether a task has ended, which CloudFormation tells as well."
        )
        explain(provider, "SF2", "See SF1.")
        subnets = world.network.vpc.select_subnets(subnet_group_name=world.network.tasks.subnet_group_name)
        self.done = CustomResource(
            self,
            "Run",
            service_token=provider.service_token,
            resource_type="Custom::Migrations",
            properties={
                "Cluster": world.cluster.cluster_name,
                "TaskDefinition": self.task.task_definition_arn,
                "Subnets": subnets.subnet_ids,
                "Group": world.group.security_group_id,
                "PublicIp": "ENABLED" if world.network.public_tasks else "DISABLED",
            },
        )

    def _function(self, handler: str, world: World) -> aws_lambda.Function:
        logs = aws_logs.LogGroup(
            self, f"Logs-{handler}", retention=aws_logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        role = aws_iam.Role(self, f"Role-{handler}", assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))
        logs.grant_write(role)
        on_cluster = {"ArnEquals": {"ecs:cluster": world.cluster.cluster_arn}}
        if handler == "on_event":
            self.task.grant_run(role)
        else:
            # Tasks have no names beforehand: those of our cluster.
            role.add_to_policy(
                aws_iam.PolicyStatement(actions=["ecs:DescribeTasks"], resources=["*"], conditions=on_cluster)
            )
            explain(
                role,
                "IAM5[Resource::*]",
                "A task's name is not known beforehand: any of this cluster, to look at.",
            )
        function = aws_lambda.Function(
            self,
            handler,
            runtime=aws_lambda.Runtime.PYTHON_3_13,
            architecture=aws_lambda.Architecture.ARM_64,
            handler=f"migrations.{handler}",
            code=aws_lambda.Code.from_asset(
                str(ROOT / "deploy" / "lambdas"),
                exclude=["tests", "*.md", "__pycache__", "triggers.py", "at_lambda.py"],
            ),
            role=role,
            log_group=logs,
            timeout=Duration.seconds(60),
        )
        explain(function, "L1", "Python 3.13, which has security fixes until October 2029, and is tested with.")
        return function
