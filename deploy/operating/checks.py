"""What must be so before anything is made at AWS. A check raises Trouble, or gives what its reader had better know."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from deploy.kinds import AT_ECR
from deploy.operating.account import Account
from deploy.operating.words import code_of
from deploy.settings import Settings
from local.report import Trouble

Check = Callable[[Account, Settings], list[str]]


def mails(account: Account, settings: Settings) -> list[str]:
    """SES sends for this account, and knows who mails come from where that is not the stacks' to see to."""
    ses = account.client("sesv2")
    state = ses.get_account()
    status = state.get("EnforcementStatus", "HEALTHY")
    if status == "SHUTDOWN" or not state.get("SendingEnabled", False):
        raise Trouble(
            f"SES has stopped all mails of this account in {account.region} ({status}): answer its review at "
            "https://console.aws.amazon.com/ses, under Account dashboard; no order would be confirmed by mail."
        )
    known = settings.mail_from.partition("@")[2] if settings.mail_identity != "address" else settings.mail_from
    if settings.mail_identity == "exists" or settings.pool_mails_by_ses:
        _sender(ses, known, settings)
    warnings = []
    if status == "PROBATION":
        warnings.append("SES has this account under review: too many mails come back, or are called spam.")
    if not state["ProductionAccessEnabled"]:
        warnings.append(
            f"SES is in its sandbox in {account.region}: mails reach verified addresses alone. To leave it: `aws sesv2 "
            "put-account-details --production-access-enabled --mail-type TRANSACTIONAL --website-url …`."
        )
    return warnings


def _sender(ses: Any, known: str, settings: Settings) -> None:
    """Cognito takes no sender that SES does not know, and nobody else makes one that is to be there."""
    try:
        verified = ses.get_email_identity(EmailIdentity=known).get("VerifiedForSendingStatus", False)
    except ClientError as error:
        if code_of(error) != "NotFoundException":
            raise
        verified = False
    if not verified:
        why = "pool_mails_by_ses is true" if settings.pool_mails_by_ses else "mail_identity is exists"
        raise Trouble(
            f"{why}, and SES has not verified {known} in this region: have it verified first, or change that."
        )


def image(account: Account, settings: Settings) -> list[str]:
    """There is an image to run, or Docker to build it."""
    if not settings.image:
        return _docker(settings)
    if not (found := AT_ECR.fullmatch(settings.image)):
        return []
    registry, region, name, tag, digest = found.groups()
    if region != account.region:
        return [f"The image lies in {region}, and is fetched from there at every start of a task."]
    which = {"imageTag": tag} if tag else {"imageDigest": digest}
    try:
        account.client("ecr").describe_images(registryId=registry, repositoryName=name, imageIds=[which])
    except ClientError as error:
        if code_of(error) not in ("ImageNotFoundException", "RepositoryNotFoundException"):
            raise
        raise Trouble(
            f"There is no image {settings.image}: push it first, or leave `image` out for Docker to build it."
        ) from None
    return []


def _docker(settings: Settings) -> list[str]:
    docker = os.environ.get("CDK_DOCKER", "docker")
    otherwise = "or set `image` in deploy/shop.toml to the address of one that is there."
    asked = [docker, "version", "--format", "{{.Server.Arch}}"]
    try:
        done = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60)
    except FileNotFoundError:
        raise Trouble(f"{docker} is not installed, and the image is to be built: install it, {otherwise}") from None
    except subprocess.TimeoutExpired:
        raise Trouble(f"{docker} does not answer: see whether its daemon is well, {otherwise}") from None
    if done.returncode != 0:
        said = " ".join(done.stderr.split()) or "it says nothing"
        raise Trouble(f"{docker} cannot build the image ({said}): start its daemon, {otherwise}")
    here = done.stdout.strip() or platform.machine()
    wanted = "arm64" if settings.arm else "amd64"
    if here not in (wanted, {"arm64": "aarch64", "amd64": "x86_64"}[wanted]):
        return [
            f"Docker is {here}, and the image is built for {wanted}, which takes emulation and time: `docker run "
            f"--privileged --rm tonistiigi/binfmt --install {wanted}`, or set arm = {str(not settings.arm).lower()}."
        ]
    return []


def domain(account: Account, settings: Settings) -> list[str]:
    """The zone holds the domain, or the certificate names it and is good in this region."""
    if settings.zone_id:
        return _zone(account, settings)
    if settings.certificate:
        return _certificate(account, settings)
    return ["There is no domain: the shop answers plain HTTP to http_from alone, and Cognito's triggers are not made."]


def _zone(account: Account, settings: Settings) -> list[str]:
    try:
        zone = account.client("route53").get_hosted_zone(Id=settings.zone_id)["HostedZone"]
    except ClientError as error:
        if code_of(error) != "NoSuchHostedZone":
            raise
        raise Trouble(f"There is no hosted zone {settings.zone_id} in account {account.id}: see `zone_id`.") from None
    name = zone["Name"].rstrip(".")
    if zone.get("Config", {}).get("PrivateZone"):
        raise Trouble(f"The zone {name} is private: nobody on the Internet would find {settings.domain}.")
    if not _lies_in(settings.domain, name):
        raise Trouble(f"{settings.domain} does not lie in the zone {settings.zone_id}, which is {name}'s.")
    return []


def _certificate(account: Account, settings: Settings) -> list[str]:
    region, owner = settings.certificate.split(":")[3:5]
    if region != account.region:
        raise Trouble(
            f"The certificate is in {region}; a load balancer in {account.region} takes one from there alone."
        )
    if owner != account.id:
        raise Trouble(f"The certificate is account {owner}'s, and these credentials are {account.id}'s.")
    try:
        found = account.client("acm").describe_certificate(CertificateArn=settings.certificate)["Certificate"]
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        raise Trouble(f"ACM has no certificate {settings.certificate} in {region}.") from None
    if found["Status"] != "ISSUED":
        raise Trouble(f"The certificate is {found['Status']}, and must be ISSUED: see what ACM waits for.")
    names = {found["DomainName"], *found.get("SubjectAlternativeNames", [])}
    if settings.domain not in names and f"*.{settings.domain.partition('.')[2]}" not in names:
        raise Trouble(f"The certificate is for {', '.join(sorted(names))}, and not for {settings.domain}.")
    return []


def _lies_in(domain: str, zone: str) -> bool:
    return domain == zone or domain.endswith(f".{zone}")


CHECKS: dict[str, Check] = {
    "Mails": mails,
    "An image, or Docker to build it": image,
    "Domain": domain,
}
