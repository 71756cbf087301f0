"""Whatever AWS says no with is one line that says what to do."""

from __future__ import annotations

import pytest
from botocore import exceptions as botocore
from botocore.exceptions import BotoCoreError, ClientError

from deploy.operating.words import in_words


def refused(code: str, message: str, operation: str = "DescribeStacks") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (botocore.NoCredentialsError(), "There are no AWS credentials"),
        (botocore.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), "AWS_SECRET_ACCESS_KEY"),
        (botocore.ProfileNotFound(profile="shop"), "profile (shop) could not be found"),
        (botocore.UnauthorizedSSOTokenError(), "The sign-in at AWS has ended"),
        (
            botocore.EndpointConnectionError(endpoint_url="https://sts.eu-central-1.amazonaws.com/"),
            "sts.eu-central-1.amazonaws.com cannot be reached",
        ),
        (botocore.ConnectTimeoutError(endpoint_url="https://sts.example/"), "sts.example cannot be reached"),
        (refused("ExpiredToken", "The security token is expired"), "The AWS credentials have expired (ExpiredToken)"),
        (refused("InvalidClientTokenId", "invalid"), "AWS does not know these credentials (InvalidClientTokenId)"),
        (
            refused("AccessDenied", "User: arn:aws:iam::1:user/n is not authorized to perform: ses:GetAccount because"),
            "These credentials may not do ses:GetAccount",
        ),
        (refused("UnauthorizedOperation", "You are not authorized."), "These credentials may not do DescribeStacks"),
        (refused("ThrottlingException", "Rate\nexceeded"), "DescribeStacks: Rate exceeded (ThrottlingException)"),
    ],
)
def test_a_refusal_is_one_line(error: BotoCoreError | ClientError, said: str) -> None:
    line = in_words(error)

    assert said in line
    assert "\n" not in line


@pytest.mark.parametrize("error", [botocore.NoCredentialsError(), refused("ExpiredToken", "")])
def test_whoever_is_not_signed_in_is_told_how(error: BotoCoreError | ClientError) -> None:
    assert "aws sso login" in in_words(error)
