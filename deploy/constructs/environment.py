"""The shop's settings (docs/settings.md) as the stacks know them: the same for every process."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import formataddr

from aws_cdk import Stack, aws_ecs

from deploy.constructs.balancer import Balancer
from deploy.constructs.cache import Cache
from deploy.constructs.collector import told
from deploy.settings import Settings
from deploy.stacks.data import DataStack
from deploy.stacks.events import EventsStack
from deploy.stacks.identity import IdentityStack


@dataclass(frozen=True)
class Environment:
    """`plain` stands in the task definition, `secrets` are fetched by ECS when a task starts."""

    plain: dict[str, str]
    secrets: dict[str, aws_ecs.Secret]


def environment(
    *,
    data: DataStack,
    events: EventsStack,
    identity: IdentityStack,
    balancer: Balancer,
    cache: Cache | None,
    settings: Settings,
) -> Environment:
    stack, secure = Stack.of(balancer), bool(settings.domain)
    plain = {
        "DATABASE_URL": data.database.url,
        "DATABASE_SECRET": data.database.secret.secret_arn,
        "AWS_REGION": stack.region,
        "SNS_TOPIC_ARN": events.topic.topic.topic_arn,
        "EVENT_BUS_NAME": events.bus.bus.event_bus_name,
        "QUEUE_URL_PREFIX": events.queues.url_prefix,
        "S3_BUCKET": data.bucket.bucket.bucket_name,
        "MAIL_FROM": formataddr((settings.shop.get("SHOP_NAME", ""), settings.mail_from), "utf-8"),
        "SES_CONFIGURATION_SET": events.feedback.configuration_set.configuration_set_name,
        "COGNITO_POOL_ID": identity.pool.pool.user_pool_id,
        "COGNITO_CLIENT_ID": identity.pool.client.user_pool_client_id,
        "PUBLIC_URL": f"{settings.scheme}://{balancer.host}",
        "LIVE_URL": f"{'wss' if secure else 'ws'}://{balancer.host}",
        "ALLOWED_HOSTS": balancer.host,
        "CSRF_TRUSTED_ORIGINS": f"{settings.scheme}://{balancer.host}",
        "TRUSTED_PROXIES": "1",
        "SECURE_COOKIES": str(secure).lower(),
    }
    if cache is not None:
        plain["REDIS_URL"] = cache.url
    if identity.pool.services:
        clients = {name: client.user_pool_client_id for name, client in identity.pool.services.items()}
        plain["SERVICE_CLIENTS"] = ",".join(f"{name}={client}" for name, client in clients.items())
    secrets = {
        "SECRET_KEY": aws_ecs.Secret.from_secrets_manager(data.signing_key),
        "TRIGGER_SECRET": aws_ecs.Secret.from_secrets_manager(identity.trigger_secret),
    }
    return Environment({**plain, **told(settings), **settings.shop}, secrets)
