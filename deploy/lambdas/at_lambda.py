"""The handlers as AWS Lambda starts them: with the secret fetched once, when the function does.

`boto3` is in Lambda's own Python, so that nothing is packed beside the two files.
"""

import os

import boto3

secrets = boto3.client("secretsmanager")
os.environ["TRIGGER_SECRET"] = secrets.get_secret_value(SecretId=os.environ["TRIGGER_SECRET_ARN"])["SecretString"]

from triggers import post_confirmation, pre_authentication  # type: ignore[import-not-found]  # noqa: E402  (beside it)

__all__ = ["post_confirmation", "pre_authentication"]
