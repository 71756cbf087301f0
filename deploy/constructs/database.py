"""PostgreSQL: one RDS instance, with or without a standby, or Aurora Serverless v2. Both speak TLS alone."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, aws_ec2, aws_rds, aws_secretsmanager
from constructs import Construct

from deploy.constructs.network import Network
from deploy.nag import explain
from deploy.settings import Settings

NAME = "shop"
USER = "shop"
PORT = 5432
VERSION = aws_rds.PostgresEngineVersion.VER_18
AURORA = aws_rds.AuroraPostgresEngineVersion.of("18.6", "18")
PARAMETERS = {
    "rds.force_ssl": "1",
    # In text, ready for whoever looks for what was slow; parameters stay out of the log, for they may be of a person.
    "log_min_duration_statement": "1000",
    "log_parameter_max_length": "0",
    "idle_in_transaction_session_timeout": "60000",
}


class Database(Construct):
    """`host`, the `secret` of its password, and the `group` that lets somebody in by `allow`.

    The password is RDS's own to keep and to change (every seven days): it needs neither a function of ours nor a way
    from it to Secrets Manager. The shop reads it there when it connects, so that a change cuts nobody off.
    """

    def __init__(self, scope: Construct, id: str, *, network: Network, settings: Settings) -> None:
        super().__init__(scope, id)
        self.group = aws_ec2.SecurityGroup(
            self, "Group", vpc=network.vpc, description="The database: who may connect says the service stack."
        )
        # What is deleted leaves a last snapshot, also where it is not protected.
        self._removal = RemovalPolicy.RETAIN if settings.protect else RemovalPolicy.SNAPSHOT
        make = self._aurora if settings.database == "aurora" else self._instance
        self.instance = ""  # its name, where it is an instance
        self.host, self.secret = make(network, settings)
        explain(self, "RDS11", "Nobody but the tasks reaches the port: obscuring its number would protect nothing.")
        explain(self, "RDS6", "A password that RDS changes every week; IAM tokens would be signed for each connection.")

    @property
    def url(self) -> str:
        """For the setting DATABASE_URL, without a password."""
        return f"postgresql://{USER}@{self.host}:{PORT}/{NAME}"

    def _instance(self, network: Network, settings: Settings) -> tuple[str, aws_secretsmanager.ISecret]:
        engine = aws_rds.DatabaseInstanceEngine.postgres(version=VERSION)
        instance = aws_rds.DatabaseInstance(
            self,
            "Instance",
            engine=engine,
            instance_type=aws_ec2.InstanceType(settings.database_class),
            database_name=NAME,
            credentials=aws_rds.Credentials.from_username(USER),
            manage_master_user_password=True,
            parameter_group=aws_rds.ParameterGroup(self, "Parameters", engine=engine, parameters=PARAMETERS),
            vpc=network.vpc,
            vpc_subnets=network.data,
            security_groups=[self.group],
            publicly_accessible=False,
            multi_az=settings.database_standby,
            storage_type=aws_rds.StorageType.GP3,
            allocated_storage=settings.database_gib,
            max_allocated_storage=5 * settings.database_gib,
            storage_encrypted=True,
            backup_retention=Duration.days(settings.backup_days),
            copy_tags_to_snapshot=True,
            delete_automated_backups=False,
            deletion_protection=settings.protect,
            removal_policy=self._removal,
            auto_minor_version_upgrade=True,
            allow_major_version_upgrade=False,
            cloudwatch_logs_exports=["postgresql"],
        )
        if not settings.database_standby:
            explain(instance, "RDS3", "A standby doubles the price and is a choice (database_standby).")
        if not settings.protect:
            explain(instance, "RDS10", "`protect` was set to false, to delete it.")
        self.instance = instance.instance_identifier
        return instance.db_instance_endpoint_address, instance.secret

    def _aurora(self, network: Network, settings: Settings) -> tuple[str, aws_secretsmanager.ISecret]:
        engine = aws_rds.DatabaseClusterEngine.aurora_postgres(version=AURORA)
        readers = [aws_rds.ClusterInstance.serverless_v2("Standby", scale_with_writer=True)]
        cluster = aws_rds.DatabaseCluster(
            self,
            "Cluster",
            engine=engine,
            default_database_name=NAME,
            credentials=aws_rds.Credentials.from_username(USER),
            manage_master_user_password=True,
            parameter_group=aws_rds.ParameterGroup(self, "Parameters", engine=engine, parameters=PARAMETERS),
            writer=aws_rds.ClusterInstance.serverless_v2("Writer", publicly_accessible=False),
            readers=readers if settings.database_standby else [],
            serverless_v2_min_capacity=0.5,
            serverless_v2_max_capacity=settings.database_acu,
            vpc=network.vpc,
            vpc_subnets=network.data,
            security_groups=[self.group],
            storage_encrypted=True,
            backup=aws_rds.BackupProps(retention=Duration.days(settings.backup_days)),
            copy_tags_to_snapshot=True,
            deletion_protection=settings.protect,
            removal_policy=self._removal,
            cloudwatch_logs_exports=["postgresql"],
        )
        if not settings.protect:
            explain(cluster, "RDS10", "`protect` was set to false, to delete it.")
        return cluster.cluster_endpoint.hostname, cluster.secret
