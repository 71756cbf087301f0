"""Secrets of the shop's own, made once by Secrets Manager and seen by nobody."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, aws_secretsmanager
from constructs import Construct

from deploy.nag import explain
from deploy.settings import Settings


def secret(scope: Construct, id: str, *, what: str, settings: Settings) -> aws_secretsmanager.Secret:
    """Fifty letters and digits."""
    made = aws_secretsmanager.Secret(
        scope,
        id,
        description=what,
        generate_secret_string=aws_secretsmanager.SecretStringGenerator(password_length=50, exclude_punctuation=True),
        removal_policy=RemovalPolicy.RETAIN if settings.protect else RemovalPolicy.DESTROY,
    )
    explain(made, "SMG4", "What was signed with it would lose its worth at every change: links in mails, sessions.")
    return made
