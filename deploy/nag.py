"""cdk-nag's AwsSolutions rules over all stacks, and why a finding of theirs stands."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct


def check(app: IConstruct) -> None:
    """Has every rule looked at when `app` is synthesized; what is neither met nor explained fails the synthesis."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def explain(of: IConstruct, rule: str, reason: str) -> None:
    """Why `rule` (`VPC7`, or one finding of it, `IAM5[Resource::*]`) need not hold for a construct and those below."""
    Validations.of(of).acknowledge(Acknowledgment(id=f"AwsSolutions-{rule}", reason=reason))
