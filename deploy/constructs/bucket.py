"""The bucket for invoices, product images, imports and exports: private, versioned, over TLS alone."""

from __future__ import annotations

from aws_cdk import Arn, ArnComponents, Duration, RemovalPolicy, Stack, aws_s3
from constructs import Construct

from deploy.nag import explain
from deploy.settings import Settings
from shop.subscriptions import UPLOADS

EXPORTS, IMPORTS, INVOICES = "own-data/", "imports/", "invoices/"
"""Prefixes as `accounts/own_data/exports.py`, `catalog/imports/services.py` and `invoices/documents.py` have them."""


class Bucket(Construct):
    """`bucket`. It outlives its stack; its name is CloudFormation's, so that a second one never meets the first."""

    def __init__(self, scope: Construct, id: str, *, settings: Settings) -> None:
        super().__init__(scope, id)
        locked = settings.object_lock_days
        self.bucket = aws_s3.Bucket(
            self,
            "Bucket",
            encryption=aws_s3.BucketEncryption.S3_MANAGED,
            block_public_access=aws_s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=aws_s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=True,
            object_lock_enabled=True if locked else None,
            object_lock_default_retention=(
                aws_s3.ObjectLockRetention.compliance(Duration.days(locked)) if locked else None
            ),
            lifecycle_rules=self._lifecycle(),
            cors=self._cors(settings),
            removal_policy=RemovalPolicy.RETAIN,
        )
        self._tell_of_uploads(settings)
        explain(
            self.bucket, "S1", "Who was given which document is a row of the shop's own (invoices), with their name."
        )

    def _tell_of_uploads(self, settings: Settings) -> None:
        """Of what is put below the prefixes of the shop's table. S3 asks at once whether the queues are there.

        By the template alone: CDK's own way is a function that changes the bucket afterwards.
        """
        stack, kind = Stack.of(self), aws_s3.CfnBucket
        bucket = self.bucket.node.default_child
        assert isinstance(bucket, kind)  # noqa: S101  (for the type checker)
        bucket.notification_configuration = kind.NotificationConfigurationProperty(
            queue_configurations=[
                kind.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    queue=Arn.format(ArnComponents(service="sqs", resource=f"{settings.name}-{queue}"), stack),
                    filter=kind.NotificationFilterProperty(
                        s3_key=kind.S3KeyFilterProperty(rules=[kind.FilterRuleProperty(name="prefix", value=prefix)])
                    ),
                )
                for prefix, queue in UPLOADS.items()
            ]
        )

    @staticmethod
    def _lifecycle() -> list[aws_s3.LifecycleRule]:
        """The shop deletes by itself; this is for what a crash has left, and for versions that nobody restores."""
        rule = aws_s3.LifecycleRule
        return [
            rule(id="unfinished uploads", abort_incomplete_multipart_upload_after=Duration.days(2)),
            rule(id="old versions", noncurrent_version_expiration=Duration.days(90)),
            rule(
                id="exports",
                prefix=EXPORTS,
                expiration=Duration.days(3),
                noncurrent_version_expiration=Duration.days(1),
            ),
            *(rule(id=f"uploads {queue}", prefix=key, expiration=Duration.days(2)) for key, queue in UPLOADS.items()),
            rule(id="imports", prefix=IMPORTS, expiration=Duration.days(90)),
            rule(
                id="invoices are rarely read",
                prefix=INVOICES,
                transitions=[
                    aws_s3.Transition(
                        storage_class=aws_s3.StorageClass.INTELLIGENT_TIERING, transition_after=Duration.days(90)
                    )
                ],
            ),
        ]

    @staticmethod
    def _cors(settings: Settings) -> list[aws_s3.CorsRule]:
        if not settings.upload_origins:
            return []
        methods = [aws_s3.HttpMethods.PUT, aws_s3.HttpMethods.POST]
        return [
            aws_s3.CorsRule(
                allowed_methods=methods,
                allowed_origins=list(settings.upload_origins),
                allowed_headers=["content-type", "content-length", "content-md5", "x-amz-*"],
                exposed_headers=["ETag"],
                max_age=3600,
            )
        ]
