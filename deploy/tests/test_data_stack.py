"""What must never be lost, and who can reach it."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy.tests.synthesized import Synthesized, flat, statements, synthesize, target
from shop.subscriptions import UPLOADS


def subnets(shop: Synthesized) -> dict[str, list[str]]:
    """Kind of subnet → logical ids."""
    found: dict[str, list[str]] = {}
    for id, row in shop.of("data", "EC2::Subnet").items():
        tags = {tag["Key"]: tag["Value"] for tag in row["Properties"]["Tags"]}
        found.setdefault(tags["aws-cdk:subnet-name"], []).append(id)
    return found


def test_the_database_is_encrypted_backed_up_and_kept(shop: Synthesized) -> None:
    (instance,) = shop.of("data", "RDS::DBInstance").values()
    properties = instance["Properties"]
    assert properties["StorageEncrypted"] is True
    assert properties["PubliclyAccessible"] is False
    assert properties["DeletionProtection"] is True
    assert properties["BackupRetentionPeriod"] >= 7
    assert properties["DeleteAutomatedBackups"] is False
    assert properties["CopyTagsToSnapshot"] is True
    assert (instance["DeletionPolicy"], instance["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_the_database_speaks_tls_alone(shop: Synthesized) -> None:
    assert shop.one("data", "RDS::DBParameterGroup")["Parameters"]["rds.force_ssl"] == "1"


def test_no_password_of_the_database_is_in_the_template(shop: Synthesized) -> None:
    properties = shop.one("data", "RDS::DBInstance")
    assert properties["ManageMasterUserPassword"] is True
    assert "MasterUserPassword" not in properties


def test_the_database_stands_in_subnets_without_a_way_in_or_out(shop: Synthesized) -> None:
    alone = set(subnets(shop)["data"])
    assert {target(subnet) for subnet in shop.one("data", "RDS::DBSubnetGroup")["SubnetIds"]} == alone
    tables = {
        target(row["Properties"]["RouteTableId"])
        for row in shop.of("data", "EC2::SubnetRouteTableAssociation").values()
        if target(row["Properties"]["SubnetId"]) in alone
    }
    routed = {target(row["Properties"]["RouteTableId"]) for row in shop.of("data", "EC2::Route").values()}
    assert len(alone) == 2
    assert not tables & routed


def test_nobody_is_let_into_the_database_but_by_the_service_stack(shop: Synthesized) -> None:
    for group in shop.of("data", "EC2::SecurityGroup").values():
        assert "SecurityGroupIngress" not in group["Properties"]
    assert shop.of("data", "EC2::SecurityGroupIngress") == {}


def test_the_bucket_is_private_versioned_and_over_tls_alone(shop: Synthesized) -> None:
    (bucket,) = shop.of("data", "S3::Bucket").values()
    properties = bucket["Properties"]
    doors = properties["PublicAccessBlockConfiguration"]
    assert len(doors) == 4
    assert all(doors.values())
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "AES256" in flat(properties["BucketEncryption"])
    assert "AccessControl" not in properties
    assert bucket["DeletionPolicy"] == "Retain"
    (policy,) = shop.of("data", "S3::BucketPolicy").values()
    assert all(statement["Effect"] == "Deny" for statement in statements(policy))
    conditions = [statement["Condition"] for statement in statements(policy)]
    assert {"Bool": {"aws:SecureTransport": "false"}} in conditions
    assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in conditions


def test_files_with_peoples_own_data_do_not_outlive_a_crash(shop: Synthesized) -> None:
    rules = {rule["Id"]: rule for rule in shop.one("data", "S3::Bucket")["LifecycleConfiguration"]["Rules"]}
    assert rules["exports"]["Prefix"] == "own-data/"
    assert rules["exports"]["ExpirationInDays"] == 3
    assert rules["exports"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}
    passing = {"exports", "imports", *(f"uploads {queue}" for queue in UPLOADS.values())}
    assert {name for name, rule in rules.items() if "ExpirationInDays" in rule} == passing


def test_prefixes_are_those_that_the_shop_stores_under() -> None:
    for prefix, file in (
        ("own-data/", "accounts/own_data/exports.py"),
        ("imports/", "catalog/imports/services.py"),
        ("invoices/", "invoices/documents.py"),
    ):
        assert f'"{prefix}' in Path(file).read_text()


def test_the_standard_variant_has_a_standby_and_private_tasks(standard: Synthesized) -> None:
    assert standard.one("data", "RDS::DBInstance")["MultiAZ"] is True
    assert subnets(standard).keys() == {"public", "tasks", "data"}
    assert len(standard.of("data", "EC2::NatGateway")) == 1
    assert standard.one("data", "EC2::FlowLog")["TrafficType"] == "REJECT"


def test_the_lean_variant_pays_for_neither(lean: Synthesized) -> None:
    assert lean.one("data", "RDS::DBInstance")["MultiAZ"] is False
    assert subnets(lean).keys() == {"public", "data"}
    assert lean.of("data", "EC2::NatGateway") == {}
    assert lean.of("data", "EC2::EIP") == {}


def test_files_are_reached_without_the_internet(shop: Synthesized) -> None:
    endpoint = shop.one("data", "EC2::VPCEndpoint")
    assert endpoint["VpcEndpointType"] == "Gateway"
    assert ".s3" in flat(endpoint["ServiceName"])


def test_aurora_is_as_safe_as_an_instance(folder: Path) -> None:
    shop = synthesize(folder, database="aurora", object_lock_days=365, queue_encryption="kms", database_acu=2)
    (cluster,) = shop.of("data", "RDS::DBCluster").values()
    properties = cluster["Properties"]
    assert properties["StorageEncrypted"] is True
    assert properties["DeletionProtection"] is True
    assert properties["BackupRetentionPeriod"] == 14
    assert properties["ManageMasterUserPassword"] is True
    assert properties["ServerlessV2ScalingConfiguration"] == {"MinCapacity": 0.5, "MaxCapacity": 2}
    assert shop.one("data", "RDS::DBClusterParameterGroup")["Parameters"]["rds.force_ssl"] == "1"
    assert all(row["Properties"]["PubliclyAccessible"] is False for row in shop.of("data", "RDS::DBInstance").values())
    lock = shop.one("data", "S3::Bucket")["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"] == {"Days": 365, "Mode": "COMPLIANCE"}
    assert all("KmsMasterKeyId" in row["Properties"] for row in shop.of("events", "SQS::Queue").values())
    assert shop.one("events", "KMS::Key")["EnableKeyRotation"] is True


def test_only_who_says_so_may_delete_the_database(folder: Path) -> None:
    (instance,) = synthesize(folder, protect=False).of("data", "RDS::DBInstance").values()
    assert instance["Properties"]["DeletionProtection"] is False
    assert instance["DeletionPolicy"] == "Snapshot"


@pytest.mark.parametrize("origin", ["https://front.example.com"])
def test_browsers_of_named_pages_alone_may_upload(origin: str, folder: Path) -> None:
    (rule,) = synthesize(folder, upload_origins=origin).one("data", "S3::Bucket")["CorsConfiguration"]["CorsRules"]
    assert rule["AllowedOrigins"] == [origin]
    assert set(rule["AllowedMethods"]) == {"PUT", "POST"}
