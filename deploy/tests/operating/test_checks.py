"""What is not as it must be is found before anything is made, and named with what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from deploy.operating import checks
from deploy.operating.account import Account, region_of
from deploy.tests.operating.conftest import ACCOUNT, REGION, Wire, settings
from local.report import Trouble

SOUND = {"ProductionAccessEnabled": True, "SendingEnabled": True, "EnforcementStatus": "HEALTHY"}
CERTIFICATE = f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/1"


def test_an_account_that_may_send_needs_no_word(account: Account, wire: Wire) -> None:
    wire("sesv2").add_response("get_account", SOUND)

    assert checks.mails(account, settings()) == []


def test_the_sandbox_of_ses_is_a_warning_that_says_how_to_leave_it(account: Account, wire: Wire) -> None:
    wire("sesv2").add_response("get_account", SOUND | {"ProductionAccessEnabled": False})

    (warning,) = checks.mails(account, settings())

    assert "mails reach verified addresses alone" in warning
    assert "put-account-details --production-access-enabled" in warning


def test_an_account_under_review_is_a_warning(account: Account, wire: Wire) -> None:
    wire("sesv2").add_response("get_account", SOUND | {"EnforcementStatus": "PROBATION"})

    (warning,) = checks.mails(account, settings())

    assert "under review" in warning


@pytest.mark.parametrize("state", [{"EnforcementStatus": "SHUTDOWN"}, {"SendingEnabled": False}])
def test_an_account_whose_mails_are_stopped_is_not_deployed_to(
    account: Account, wire: Wire, state: dict[str, Any]
) -> None:
    wire("sesv2").add_response("get_account", SOUND | state)

    with pytest.raises(Trouble, match="SES has stopped all mails"):
        checks.mails(account, settings())


@pytest.mark.parametrize("choice", [{"mail_identity": "exists"}, {"pool_mails_by_ses": "true"}])
def test_a_sender_that_is_to_be_known_already_is_asked_for(
    account: Account, wire: Wire, choice: dict[str, str]
) -> None:
    ses = wire("sesv2")
    ses.add_response("get_account", SOUND)
    ses.add_client_error("get_email_identity", "NotFoundException")

    with pytest.raises(Trouble, match="SES has not verified"):
        checks.mails(account, settings(**choice))


def test_a_domain_that_ses_knows_will_do(account: Account, wire: Wire) -> None:
    ses = wire("sesv2")
    ses.add_response("get_account", SOUND)
    ses.add_response("get_email_identity", {"VerifiedForSendingStatus": True}, {"EmailIdentity": "example.com"})

    assert checks.mails(account, settings(mail_identity="exists")) == []


def test_an_image_that_is_not_there_is_named(account: Account, wire: Wire) -> None:
    wanted = {"registryId": ACCOUNT, "repositoryName": "shop", "imageIds": [{"imageTag": "1"}]}
    wire("ecr").add_client_error("describe_images", "ImageNotFoundException", expected_params=wanted)

    with pytest.raises(Trouble, match=r"There is no image 123456789012\.dkr\.ecr\.eu-central-1"):
        checks.image(account, settings())


def test_an_image_of_another_registry_is_nobody_elses_to_look_at(account: Account, wire: Wire) -> None:
    assert checks.image(account, settings(image="ghcr.io/owner/shop:1.0")) == []


def docker(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("CDK_DOCKER", str(program))


def test_without_an_image_docker_must_be_there(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDK_DOCKER", "/nowhere/docker")

    with pytest.raises(Trouble, match="is not installed, and the image is to be built: install it, or set `image`"):
        checks.image(account, settings(image=""))


def test_a_docker_that_does_not_run_says_why(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker(tmp_path, "echo Cannot connect to the Docker daemon >&2; exit 1", monkeypatch)

    with pytest.raises(Trouble, match=r"Cannot connect to the Docker daemon.*start its daemon"):
        checks.image(account, settings(image=""))


def test_a_docker_of_another_processor_is_a_warning(
    account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker(tmp_path, "echo amd64", monkeypatch)

    (warning,) = checks.image(account, settings(image="", arm=True))

    assert "set arm = false" in warning
    assert checks.image(account, settings(image="", arm=False)) == []


@pytest.mark.parametrize(
    ("zone", "said"),
    [
        (
            {"Name": "example.org."},
            r"shop\.example\.com does not lie in the zone Z0123456789ABCDEFGHIJ, which is example",
        ),
        ({"Name": "example.com.", "Config": {"PrivateZone": True}}, "The zone example.com is private"),
        ({"Name": "op.example.com."}, "does not lie in the zone"),
    ],
)
def test_a_zone_that_does_not_hold_the_domain_is_named(
    account: Account, wire: Wire, zone: dict[str, Any], said: str
) -> None:
    answer = {"HostedZone": {"Id": "Z0123456789ABCDEFGHIJ", "CallerReference": "1", **zone}}
    wire("route53").add_response("get_hosted_zone", answer)

    with pytest.raises(Trouble, match=said):
        checks.domain(account, settings())


def test_a_zone_above_the_domain_will_do(account: Account, wire: Wire) -> None:
    answer = {"HostedZone": {"Id": "Z1", "CallerReference": "1", "Name": "example.com."}}
    wire("route53").add_response("get_hosted_zone", answer)

    assert checks.domain(account, settings()) == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"Status": "PENDING_VALIDATION"}, "The certificate is PENDING_VALIDATION, and must be ISSUED"),
        ({"DomainName": "example.com", "SubjectAlternativeNames": ["www.example.com"]}, "and not for shop.example.com"),
    ],
)
def test_a_certificate_that_does_not_serve_the_domain_is_named(
    account: Account, wire: Wire, found: dict[str, Any], said: str
) -> None:
    wire("sts").add_response("get_caller_identity", {"Account": ACCOUNT})
    sound = {"Status": "ISSUED", "DomainName": "*.example.com"}
    wire("acm").add_response("describe_certificate", {"Certificate": sound | found})

    with pytest.raises(Trouble, match=said):
        checks.domain(account, settings(zone_id="", certificate=CERTIFICATE))


def test_a_certificate_for_all_names_will_do(account: Account, wire: Wire) -> None:
    wire("sts").add_response("get_caller_identity", {"Account": ACCOUNT})
    sound = {"Status": "ISSUED", "DomainName": "*.example.com"}
    wire("acm").add_response("describe_certificate", {"Certificate": sound})

    assert checks.domain(account, settings(zone_id="", certificate=CERTIFICATE)) == []


def test_a_certificate_of_another_region_is_found_without_asking(account: Account) -> None:
    elsewhere = CERTIFICATE.replace(REGION, "us-east-1")

    with pytest.raises(Trouble, match="The certificate is in us-east-1"):
        checks.domain(account, settings(zone_id="", certificate=elsewhere))


def test_settings_and_environment_must_name_the_same_region() -> None:
    assert region_of(settings(region=REGION), {}) == REGION
    assert region_of(settings(), {"AWS_REGION": "eu-west-1"}) == "eu-west-1"
    with pytest.raises(Trouble, match="let both be the same"):
        region_of(settings(region=REGION), {"AWS_REGION": "eu-west-1"})
    with pytest.raises(Trouble, match="No region is named"):
        region_of(settings(), {})
