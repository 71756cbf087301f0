"""The one image that all processes run: an address that is there, or Docker's work on this folder."""

from __future__ import annotations

from aws_cdk import Arn, ArnComponents, aws_ecr, aws_ecr_assets, aws_ecs
from constructs import Construct

from deploy.kinds import AT_ECR
from deploy.settings import Settings
from deploy.shop_settings import ROOT


def image(scope: Construct, settings: Settings) -> aws_ecs.ContainerImage:
    """At ECR, with the permission to fetch it; in another registry, it must be public."""
    if not settings.image:
        platforms = aws_ecr_assets.Platform
        platform = platforms.LINUX_ARM64 if settings.arm else platforms.LINUX_AMD64
        return aws_ecs.ContainerImage.from_asset(str(ROOT), platform=platform)
    if not (found := AT_ECR.fullmatch(settings.image)):
        return aws_ecs.ContainerImage.from_registry(settings.image)
    account, region, name, tag, digest = found.groups()
    arn = Arn.format(
        ArnComponents(
            partition="aws", service="ecr", region=region, account=account, resource="repository", resource_name=name
        )
    )
    repository = aws_ecr.Repository.from_repository_attributes(
        scope, "Repository", repository_arn=arn, repository_name=name
    )
    return aws_ecs.ContainerImage.from_ecr_repository(repository, tag or digest)
