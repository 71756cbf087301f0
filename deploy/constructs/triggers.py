"""The functions that Cognito calls before a sign-in and after a sign-up; they ask the shop (see deploy/lambdas)."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, aws_cognito, aws_iam, aws_lambda, aws_logs, aws_secretsmanager
from constructs import Construct

from deploy.nag import explain
from deploy.settings import Settings
from deploy.shop_settings import ROOT

HANDLERS = {
    "pre_authentication": aws_cognito.UserPoolOperation.PRE_AUTHENTICATION,
    "post_confirmation": aws_cognito.UserPoolOperation.POST_CONFIRMATION,
}


class Triggers(Construct):
    """Made only where there is a domain: without HTTPS they would carry who signs in across the Internet unencrypted.

    The address is known beforehand, so that nothing here waits for the service stack. The secret's value is fetched
    when a function starts: an environment can be read by whoever may look at the function.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        pool: aws_cognito.UserPool,
        secret: aws_secretsmanager.ISecret,
        settings: Settings,
    ) -> None:
        super().__init__(scope, id)
        code = aws_lambda.Code.from_asset(
            str(ROOT / "deploy" / "lambdas"), exclude=["tests", "*.md", "__pycache__", "migrations.py"]
        )
        for handler, operation in HANDLERS.items():
            logs = aws_logs.LogGroup(
                self,
                f"Logs-{handler}",
                retention=aws_logs.RetentionDays.ONE_MONTH,
                removal_policy=RemovalPolicy.DESTROY,
            )
            role = aws_iam.Role(self, f"Role-{handler}", assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))
            function = aws_lambda.Function(
                self,
                handler,
                runtime=aws_lambda.Runtime.PYTHON_3_13,
                architecture=aws_lambda.Architecture.ARM_64,
                handler=f"at_lambda.{handler}",
                code=code,
                role=role,
                log_group=logs,
                memory_size=256,
                timeout=Duration.seconds(5),  # what Cognito waits
                environment={
                    "SHOP_API_URL": f"https://{settings.domain}",
                    "TRIGGER_SECRET_ARN": secret.secret_arn,
                    "FAIL_OPEN": "false",
                },
            )
            logs.grant_write(role)
            secret.grant_read(role)
            pool.add_trigger(operation, function)
            explain(function, "L1", "Python 3.13, which has security fixes until October 2029, and is tested with.")
