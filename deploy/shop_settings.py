"""The shop's own settings in `deploy/shop.toml`, held to those that `shop/settings.py` declares."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class Wrong(Exception):
    """A choice that cannot be. Its text is for whoever made it."""


MADE = {
    "DATABASE_URL", "DATABASE_SECRET", "REDIS_URL", "AWS_ENDPOINT_URL", "AWS_REGION", "SNS_TOPIC_ARN",
    "EVENT_BUS_NAME", "QUEUE_URL_PREFIX", "S3_BUCKET", "MAIL_FROM", "SES_CONFIGURATION_SET", "COGNITO_POOL_ID",
    "COGNITO_CLIENT_ID", "COGNITO_ISSUER", "COGNITO_JWKS_URL", "SERVICE_CLIENTS", "SECRET_KEY",
    "TRIGGER_SECRET", "PUBLIC_URL", "LIVE_URL", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "TRUSTED_PROXIES",
    "SECURE_COOKIES", "DEBUG", "ORDER_NUMBER_KEY",
}  # fmt: skip
"""Settings of the shop that the stacks make, or that must not stand in a file."""


def of_the_shop(table: Any) -> dict[str, str]:
    """The table [shop]: settings by their names, as text. Raises Wrong."""
    known = declared()
    for name, value in table.items():
        if name not in known:
            raise Wrong(f"[shop] has {name}, and the shop has no such setting: see docs/settings.md")
        if name in MADE:
            raise Wrong(f"[shop] has {name}, which the deployment makes by itself")
        if isinstance(value, dict | list):
            raise Wrong(f"[shop] {name} must be a text, a number, true or false")
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in table.items()}


def declared() -> set[str]:
    """The names of the shop's settings, read from the code that declares them, which is not run for it."""
    calls = [
        node for node in ast.walk(ast.parse((ROOT / "shop" / "settings.py").read_text())) if isinstance(node, ast.Call)
    ]
    return {
        str(call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }
