"""What may be chosen about a deployment: `deploy/shop.toml` and `-c key=value`, checked before anything is made.

Every default is safe, and what costs by the hour follows `variant`. An unknown key or a value that cannot be is one
`Wrong`, whose text names the key and what it may be.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from deploy.kinds import Parse, boolean, integer, matching, one_of, one_of_numbers, services, versioned_image, words
from deploy.shop_settings import ROOT, Wrong, of_the_shop

FILE = ROOT / "deploy" / "shop.toml"
EMAIL = r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>]+"
DAYS_OF_LOGS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)
"""What CloudWatch takes."""


def option(parse: Parse, standard: Any, lean: Any = None, *, help: str) -> Any:
    """A field with its value in both variants; where `lean` is not given, both have the same."""
    both = {"standard": standard, "lean": standard if lean is None else lean}
    return field(metadata={"parse": parse, "both": both, "help": help})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All choices, as the stacks read them. `help` says what each does; README.md says what it costs."""

    variant: str = option(one_of("standard", "lean"), "standard", help="Which defaults the others have.")
    name: str = option(
        matching(r"[a-z][a-z0-9-]{1,19}", "shop: 2 to 20 of a-z, 0-9 and -", empty=False),
        "shop",
        help="What the names of stacks, queues and topics begin with.",
    )
    region: str = option(
        matching(r"[a-z]{2}(-[a-z]+)+-[0-9]", "eu-central-1"),
        "",
        help="Where the shop stands. Empty: the region of AWS_REGION, or of the profile.",
    )
    domain: str = option(
        matching(r"([a-z0-9-]+\.)+[a-z]{2,}", "shop.example.com"),
        "",
        help="Where the shop is reached. Without one there is no HTTPS, and the shop is for a trial: see http_from.",
    )
    zone_id: str = option(
        matching(r"Z[A-Z0-9]{5,31}", "Z0123456789ABCDEFGHIJ"),
        "",
        help="The hosted zone at Route 53 that the domain lies in: certificate and address are made in it.",
    )
    certificate: str = option(
        matching(r"arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+", "arn:aws:acm:…:certificate/…"),
        "",
        help="The domain's certificate at ACM in this region, where there is no zone_id.",
    )
    http_from: tuple[str, ...] = option(
        words(r"[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}", "203.0.113.7/32"),
        (),
        help="Without a domain: who may reach the shop over plain HTTP. Passwords cross the Internet unencrypted then.",
    )
    mail_from: str = option(
        matching(EMAIL, "shop@example.com"),
        "",
        help="The sender of every mail. SES asks this address, or its domain, for a proof.",
    )
    mail_identity: str = option(
        one_of("address", "domain", "exists"),
        "address",
        help="What SES is to know: the address of mail_from, its whole domain (DKIM); or it knows the domain already.",
    )
    admin: str = option(
        matching(EMAIL, "you@example.com"), "", help="Who deploy/up makes the first admin, while there is none."
    )
    pool_mails_by_ses: bool = option(
        boolean, False, help="Codes and invitations by SES, once it knows the sender. Else by Cognito, 50 a day."
    )
    services: Mapping[str, tuple[str, ...]] = option(
        services, {}, help="Programs that call by themselves: warehouse=orders.write+catalog.read, with commas between."
    )
    image: str = option(
        versioned_image,
        "",
        help="The address of an image that is there. Empty: Docker builds it from this folder.",
    )
    arm: bool = option(boolean, True, help="Graviton processors, a fifth cheaper. The image must be built for them.")

    nat_gateways: int = option(
        integer(0, 3), 1, 0, help="Ways out of private subnets. 0: the tasks stand in public subnets, with no way in."
    )
    zones: int = option(integer(2, 3), 2, help="Availability zones.")
    flow_logs: bool = option(boolean, True, False, help="A log of the network's connections, kept for a month.")

    database: str = option(
        one_of("instance", "aurora"), "instance", help="RDS for PostgreSQL, or Aurora Serverless v2."
    )
    database_class: str = option(
        matching(r"[a-z][0-9a-z]{1,5}\.[a-z0-9]{5,9}", "t4g.small", empty=False),
        "t4g.small",
        "t4g.micro",
        help="The instance's class, without db.",
    )
    database_gib: int = option(integer(20, 6144), 20, help="The instance's storage at first; it grows to five times.")
    database_standby: bool = option(boolean, True, False, help="A second instance, or reader, in another zone.")
    database_acu: int = option(integer(1, 128), 4, help="Aurora's most capacity units; the least is half of one.")
    backup_days: int = option(integer(1, 35), 14, 7, help="How far back the database can be restored to any second.")
    protect: bool = option(
        boolean,
        True,
        help="Whether database and user pool refuse to be deleted, and what holds data outlives its stack.",
    )

    cache: str = option(
        one_of("none", "serverless", "node"), "node", "none", help="Valkey: for counting requests over all processes."
    )
    object_lock_days: int = option(
        integer(0, 3650), 0, help="How long nobody, root included, can delete or replace a version in the bucket."
    )
    upload_origins: tuple[str, ...] = option(
        words(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?", "https://shop.example.com"),
        (),
        help="Pages whose browsers may put files into the bucket by a pre-signed address.",
    )
    queue_encryption: str = option(one_of("sqs", "kms"), "sqs", help="SQS's own keys, or one of ours at KMS.")

    workers: str = option(
        one_of("queue", "one"), "queue", "one", help="A service of workers per queue, or one that takes from all."
    )
    most_workers: int = option(integer(1, 50), 6, 2, help="Up to how many tasks each service of workers grows.")
    spot: bool = option(boolean, True, help="Workers on Fargate Spot, at a third of the price. SQS bears their end.")
    web_tasks: int = option(integer(1, 50), 2, 1, help="Web tasks at least, and as many live ones.")
    most_web_tasks: int = option(integer(1, 100), 8, 2, help="Up to how many tasks the web grows.")
    relays: int = option(integer(1, 2), 2, 1, help="One publishes; a second takes over within seconds.")
    insights: bool = option(boolean, True, False, help="Container Insights: metrics of each task.")
    waf: bool = option(boolean, False, help="A firewall for web requests before the load balancer.")
    log_days: int = option(one_of_numbers(*DAYS_OF_LOGS), 30, 14, help="How long logs are kept.")
    traces_percent: int = option(
        integer(0, 100), 0, help="How many requests in a hundred are traced to X-Ray, by a collector in each task."
    )
    alarms_to: tuple[str, ...] = option(
        words(EMAIL, "you@example.com"), (), help="E-mail addresses that alarms go to (docs/runbook.md)."
    )

    shop: Mapping[str, str] = field(default_factory=dict)
    """Settings of the shop itself (docs/settings.md), as every process gets them."""

    @property
    def scheme(self) -> str:
        return "https" if self.domain else "http"


OPTIONS = {entry.name: entry for entry in fields(Settings) if entry.metadata}


def told_by(words: Sequence[str]) -> dict[str, str]:
    """`key=value` of a command line, as `chosen` takes it. Raises Wrong."""
    for word in words:
        if "=" not in word:
            raise Wrong(f"{word} is no choice: it must look like variant=lean")
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def chosen(file: Path, given: Mapping[str, Any]) -> Settings:
    """What `file` says (which need not be there), and `given` before it. Raises Wrong."""
    told = _read(file)
    table = told.get("deploy", {}) | dict(given)
    if unknown := sorted(table.keys() - OPTIONS.keys()):
        raise Wrong(f"there is no {', '.join(unknown)}. There are {', '.join(OPTIONS)}")
    variant = _parsed("variant", table.get("variant", "standard"))
    values = {
        name: _parsed(name, table[name]) if name in table else entry.metadata["both"][variant]
        for name, entry in OPTIONS.items()
    }
    settings = Settings(**values, shop=of_the_shop(told.get("shop", {})))
    _check(settings)
    return settings


def _read(file: Path) -> dict[str, Any]:
    try:
        told = tomllib.loads(file.read_bytes().decode())  # TOML is UTF-8, whatever the machine's locale
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Wrong(f"{file.name} is no TOML: {error}") from None
    if told.keys() - {"deploy", "shop"} or not all(isinstance(table, dict) for table in told.values()):
        raise Wrong(f"{file.name} has {', '.join(sorted(told))}: it may have the tables [deploy] and [shop]")
    return told


def _parsed(name: str, raw: Any) -> Any:
    entry = OPTIONS[name]
    try:
        return entry.metadata["parse"](raw)
    except ValueError as error:
        raise Wrong(f"{name} {error}, and is {raw!r}. {entry.metadata['help']}") from None


def _check(settings: Settings) -> None:
    """What single values do not show."""
    if not settings.domain and not settings.http_from:
        raise Wrong(
            "domain is not set. Without one there is no HTTPS: give domain with zone_id or certificate; or, for a "
            "trial, http_from with the networks that may come over plain HTTP, such as your own address 203.0.113.7/32"
        )
    if settings.domain and settings.http_from:
        raise Wrong("http_from is for a shop without a domain, and domain is set")
    if settings.domain and bool(settings.zone_id) == bool(settings.certificate):
        raise Wrong("domain needs its zone_id at Route 53, or its certificate at ACM, and one of the two alone")
    if not settings.mail_from:
        raise Wrong("mail_from is not set: the address that mails come from, shop@example.com")
    if "0.0.0.0/0" in settings.http_from:
        raise Wrong("http_from must not be all the Internet: passwords would be read on the way")
