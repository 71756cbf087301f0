"""Valkey, for counting requests over all processes. Losing it makes the shop slower, never wrong: it is not kept."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, aws_ec2, aws_elasticache
from constructs import Construct

from deploy.constructs.network import Network
from deploy.nag import explain
from deploy.settings import Settings

PORT = 6379


class Cache(Construct):
    """`url` for the setting REDIS_URL, and the `group` to be let in by. TLS on the way and encryption where it lies."""

    def __init__(self, scope: Construct, id: str, *, network: Network, settings: Settings) -> None:
        super().__init__(scope, id)
        self.group = aws_ec2.SecurityGroup(self, "Group", vpc=network.vpc, description="The cache")
        subnets = network.vpc.select_subnets(subnet_group_name="data").subnet_ids
        make = self._serverless if settings.cache == "serverless" else self._node
        self.url = f"rediss://{make(settings, subnets)}:{PORT}"

    def _serverless(self, settings: Settings, subnets: list[str]) -> str:
        limits = aws_elasticache.CfnServerlessCache
        cache = aws_elasticache.CfnServerlessCache(
            self,
            "Cache",
            engine="valkey",
            major_engine_version="8",
            serverless_cache_name=f"{settings.name}-cache",
            security_group_ids=[self.group.security_group_id],
            subnet_ids=subnets,
            cache_usage_limits=limits.CacheUsageLimitsProperty(
                data_storage=limits.DataStorageProperty(unit="GB", maximum=1),
                ecpu_per_second=limits.ECPUPerSecondProperty(maximum=5000),
            ),
        )
        cache.apply_removal_policy(RemovalPolicy.DESTROY)
        return str(cache.attr_endpoint_address)

    def _node(self, settings: Settings, subnets: list[str]) -> str:
        place = aws_elasticache.CfnSubnetGroup(self, "Subnets", description="The cache's", subnet_ids=subnets)
        cache = aws_elasticache.CfnReplicationGroup(
            self,
            "Cache",
            replication_group_description="Counts requests",
            engine="valkey",
            engine_version="8.0",
            cache_node_type="cache.t4g.micro",
            num_cache_clusters=2 if settings.database_standby else 1,
            automatic_failover_enabled=settings.database_standby,
            multi_az_enabled=settings.database_standby,
            at_rest_encryption_enabled=True,
            transit_encryption_enabled=True,
            cache_subnet_group_name=place.ref,
            security_group_ids=[self.group.security_group_id],
            port=PORT,
            auto_minor_version_upgrade=True,
        )
        cache.apply_removal_policy(RemovalPolicy.DESTROY)
        explain(cache, "AEC6", "It counts requests, by keyed hashes, and only the shop's tasks reach its port.")
        if not settings.database_standby:
            explain(cache, "AEC4", "One node, as the database is one: without it each process counts for itself.")
        return str(cache.attr_primary_end_point_address)
