"""The one way in: a load balancer that ends TLS, with web and live behind it."""

from __future__ import annotations

from aws_cdk import Duration, aws_certificatemanager, aws_ec2, aws_ecs, aws_route53, aws_route53_targets
from aws_cdk import aws_elasticloadbalancingv2 as elb
from constructs import Construct

from deploy.constructs.network import Network
from deploy.nag import explain
from deploy.settings import Settings
from shop.processes import IDLE, PORTS


class Balancer(Construct):
    """`host` is the domain, or the load balancer's own name where there is none; `certificate` its address at ACM."""

    def __init__(self, scope: Construct, id: str, *, network: Network, settings: Settings) -> None:
        super().__init__(scope, id)
        self._vpc = network.vpc
        self.group = aws_ec2.SecurityGroup(
            self, "Group", vpc=network.vpc, description="The load balancer", allow_all_outbound=False
        )
        self.balancer = elb.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=network.vpc,
            internet_facing=True,
            vpc_subnets=aws_ec2.SubnetSelection(subnet_group_name="public"),
            security_group=self.group,
            idle_timeout=Duration.seconds(IDLE),  # the live feed pings every 20; a slow upload may be silent for longer
            drop_invalid_header_fields=True,
            desync_mitigation_mode=elb.DesyncMitigationMode.STRICTEST,
        )
        explain(
            self.balancer, "ELB2", "Its log would hold the tracking tokens of guests' orders, which are in queries."
        )
        self.certificate = settings.certificate
        self.host = settings.domain or self.balancer.load_balancer_dns_name
        self.listener = self._secure(settings) if settings.domain else self._plain(settings)

    def _secure(self, settings: Settings) -> elb.ApplicationListener:
        zone = None
        if settings.zone_id:
            zone = aws_route53.HostedZone.from_hosted_zone_attributes(
                self, "Zone", hosted_zone_id=settings.zone_id, zone_name=settings.domain
            )
            certificate: aws_certificatemanager.ICertificate = aws_certificatemanager.Certificate(
                self,
                "Certificate",
                domain_name=settings.domain,
                validation=aws_certificatemanager.CertificateValidation.from_dns(zone),
            )
            self.certificate = certificate.certificate_arn
            to = aws_route53.RecordTarget.from_alias(aws_route53_targets.LoadBalancerTarget(self.balancer))
            aws_route53.ARecord(self, "Address", zone=zone, record_name=f"{settings.domain}.", target=to)
        else:
            certificate = aws_certificatemanager.Certificate.from_certificate_arn(
                self, "Certificate", settings.certificate
            )
        self.balancer.add_redirect()  # from HTTP, for who types the name alone
        explain(self.group, "EC23", "A shop is open to everybody: HTTPS, and a redirect to it.")
        return self.balancer.add_listener(
            "Https",
            port=443,
            certificates=[certificate],
            ssl_policy=elb.SslPolicy.RECOMMENDED_TLS,
            default_action=_nothing_here(),
        )

    def _plain(self, settings: Settings) -> elb.ApplicationListener:
        for network in settings.http_from:
            self.group.add_ingress_rule(aws_ec2.Peer.ipv4(network), aws_ec2.Port.tcp(80), "A trial without HTTPS")
        return self.balancer.add_listener("Http", port=80, open=False, default_action=_nothing_here())

    def lead_to(
        self, process: str, service: aws_ecs.FargateService, *, paths: list[str], priority: int
    ) -> elb.ApplicationTargetGroup:
        """Sends what is asked for below `paths` to a process.

        A target must answer /health/ready, which asks the database and SQS: so a version that cannot reach them gets
        no requests, and the deployment is rolled back. It takes 200 seconds of failures to be replaced, for ECS ends
        who is unhealthy, and must not do so to all while the database changes over to its standby.
        """
        group = elb.ApplicationTargetGroup(
            self,
            process,
            vpc=self._vpc,
            port=PORTS[process],
            protocol=elb.ApplicationProtocol.HTTP,
            target_type=elb.TargetType.IP,
            targets=[service.load_balancer_target(container_name=process, container_port=PORTS[process])],
            deregistration_delay=Duration.seconds(30),
            health_check=elb.HealthCheck(
                path="/health/ready",
                interval=Duration.seconds(20),
                timeout=Duration.seconds(6),
                healthy_threshold_count=2,
                unhealthy_threshold_count=10,
            ),
        )
        self.listener.add_action(
            process,
            action=elb.ListenerAction.forward([group]),
            conditions=[elb.ListenerCondition.path_patterns(paths)],
            priority=priority,
        )
        return group


def _nothing_here() -> elb.ListenerAction:
    return elb.ListenerAction.fixed_response(404, content_type="text/plain", message_body="Nothing here.")
