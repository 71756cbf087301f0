"""The network: public subnets, private ones where there is a NAT gateway, and subnets of the database's own."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, aws_ec2, aws_logs
from constructs import Construct

from deploy.nag import explain
from deploy.settings import Settings


class Network(Construct):
    """`vpc`, and `tasks`: the subnets that containers stand in.

    With NAT gateways that is behind them. Without, tasks stand in public subnets with an address of their own: their
    security groups let nobody in but the load balancer, and the address costs a tenth of a gateway. Interface endpoints
    for the eight services that tasks call would cost twice as much as a gateway. S3 has a gateway endpoint in any case,
    which costs nothing.
    """

    def __init__(self, scope: Construct, id: str, *, settings: Settings) -> None:
        super().__init__(scope, id)
        kinds = aws_ec2.SubnetType
        subnets = [
            aws_ec2.SubnetConfiguration(name="public", subnet_type=kinds.PUBLIC, cidr_mask=24),
            aws_ec2.SubnetConfiguration(name="data", subnet_type=kinds.PRIVATE_ISOLATED, cidr_mask=26),
        ]
        if settings.nat_gateways:
            tasks = aws_ec2.SubnetConfiguration(name="tasks", subnet_type=kinds.PRIVATE_WITH_EGRESS, cidr_mask=22)
            subnets.append(tasks)
        self.vpc = aws_ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=aws_ec2.IpAddresses.cidr("10.20.0.0/16"),
            max_azs=settings.zones,
            nat_gateways=settings.nat_gateways,
            subnet_configuration=subnets,
            restrict_default_security_group=False,  # by a custom resource; nothing of ours is in that group
            gateway_endpoints={
                "S3": aws_ec2.GatewayVpcEndpointOptions(service=aws_ec2.GatewayVpcEndpointAwsService.S3)
            },
        )
        self.tasks = aws_ec2.SubnetSelection(
            subnet_group_name="tasks" if settings.nat_gateways else "public", one_per_az=True
        )
        self.data = aws_ec2.SubnetSelection(subnet_group_name="data")
        self.public_tasks = not settings.nat_gateways
        if settings.flow_logs:
            self._flow_log()
        else:
            explain(
                self.vpc, "VPC7", "A flow log is a choice (flow_logs): in a small shop it costs more than it tells."
            )

    def _flow_log(self) -> None:
        group = aws_logs.LogGroup(
            self, "Flows", retention=aws_logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        self.vpc.add_flow_log(
            "Flow",
            destination=aws_ec2.FlowLogDestination.to_cloud_watch_logs(group),
            traffic_type=aws_ec2.FlowLogTrafficType.REJECT,
        )
