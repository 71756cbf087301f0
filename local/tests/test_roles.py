"""Callers of the emulator that have a role, and the account of what they asked and what they could have asked."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local import roles
from local.children import Children
from local.emulator import ACCOUNT, CREDENTIALS, REGION, Emulator
from local.ports import free_port
from local.report import Report, Trouble
from local.roles import Call, Right, Roles

Client = Callable[..., Any]
ECS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
OBJECTS, QUEUE = "arn:aws:s3:::files/own/*", f"arn:aws:sqs:{REGION}:{ACCOUNT}:work"
SENDER = {"Source": "Shop <shop@example.com>", "Destinations": ["carla@example.com"]}


@pytest.fixture
def client(state: Path, children: Children) -> Client:
    """Makes a client of an emulator that holds callers to their roles; without keys, the account's root."""
    emulator = Emulator(state / "emulator", state / "mails", free_port(), calls=state / "calls")
    child = emulator.child({**os.environ, **CREDENTIALS})
    children.start(child)
    emulator.wait(children, child, time.sleep)

    def make(service: str, keys: dict[str, str] | None = None) -> Any:
        given = {
            name.lower(): value for name, value in (keys or CREDENTIALS).items() if "KEY" in name or "TOKEN" in name
        }
        return boto3.client(service, endpoint_url=emulator.endpoint, region_name=REGION, **given)  # type: ignore[call-overload]

    return make


@pytest.fixture
def known(client: Client, state: Path) -> Roles:
    client("s3").create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": REGION})
    client("sqs").create_queue(QueueName="work")
    return Roles(client, state / "calls")


def take(known: Roles, *statements: dict[str, Any], process: str = "web") -> dict[str, str]:
    """A role with these statements, as a deployment makes it, taken by a process."""
    role = known.iam.create_role(RoleName=f"role-of-{process}", AssumeRolePolicyDocument=json.dumps(ECS))["Role"]
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    known.iam.put_role_policy(RoleName=role["RoleName"], PolicyName="own", PolicyDocument=json.dumps(policy))
    return known.take(process, role["Arn"])


def allow(*actions: str, on: str | list[str], **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def test_a_process_may_what_its_role_allows_and_every_call_is_written_down(
    client: Client, known: Roles, state: Path
) -> None:
    keys = take(known, allow("s3:PutObject", "s3:GetObject", "s3:DeleteObject", on=OBJECTS))
    s3 = client("s3", keys)
    s3.put_object(Bucket="files", Key="own/a", Body=b"a")
    s3.get_object(Bucket="files", Key="own/a")
    s3.delete_objects(Bucket="files", Delete={"Objects": [{"Key": "own/a"}]})
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.put_object(Bucket="files", Key="others/a", Body=b"a")
    assert roles.read(state / "calls") == [
        Call("web", "s3:DeleteObject", "arn:aws:s3:::files/own/a", True),
        Call("web", "s3:GetObject", "arn:aws:s3:::files/own/a", True),
        Call("web", "s3:PutObject", "arn:aws:s3:::files/others/a", False),
        Call("web", "s3:PutObject", "arn:aws:s3:::files/own/a", True),
    ]


def test_a_batch_needs_the_right_to_one(client: Client, known: Roles, state: Path) -> None:
    sqs = client("sqs", take(known, allow("sqs:SendMessage", on=QUEUE)))
    url = client("sqs").get_queue_url(QueueName="work")["QueueUrl"]
    sent = sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "x"}])
    assert len(sent["Successful"]) == 1
    assert roles.read(state / "calls") == [Call("web", "sqs:SendMessage", QUEUE, True)]


def test_a_mail_is_sent_by_an_identity_that_the_role_names_and_for_its_sender_alone(
    client: Client, known: Roles, state: Path
) -> None:
    arn = f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com"
    sender = {"StringEquals": {"ses:FromAddress": "shop@example.com"}}
    ses = client("ses", take(known, allow("ses:SendRawEmail", on=arn, Condition=sender)))
    client("ses").verify_domain_identity(Domain="example.com")
    ses.send_raw_email(**SENDER, RawMessage={"Data": b"Subject: x\n\nx"})
    with pytest.raises(ClientError, match="AccessDenied"):
        ses.send_raw_email(**SENDER | {"Source": "other@example.com"}, RawMessage={"Data": b"Subject: x\n\nx"})
    assert [call.allowed for call in roles.read(state / "calls")] == [False, True]
    assert len(list((state / "mails").glob("*.eml"))) == 1


def test_a_policy_that_asks_for_tls_does_not_refuse_those_who_may(client: Client, known: Roles) -> None:
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::files/*",
        "Condition": plain,
    }
    policy = {"Version": "2012-10-17", "Statement": [deny]}
    client("s3").put_bucket_policy(Bucket="files", Policy=json.dumps(policy))
    s3 = client("s3", take(known, allow("s3:PutObject", on=OBJECTS)))
    assert s3.put_object(Bucket="files", Key="own/a", Body=b"a")["ETag"]


def test_the_account_tells_a_right_that_nobody_needs(
    client: Client, known: Roles, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = take(known, allow("s3:PutObject", "s3:GetObject", on=OBJECTS), allow("sqs:SendMessage", on=QUEUE))
    client("s3", keys).put_object(Bucket="files", Key="own/a", Body=b"a")
    monkeypatch.setattr(roles, "NOT_WALKED", {("web", "sqs:*", "*:work"): "at night"})
    with pytest.raises(Trouble) as trouble:
        known.account(Report())
    assert str(trouble.value).splitlines()[2:] == ["web has no need of s3:GetObject files/own/*"]

    client("s3", keys).get_object(Bucket="files", Key="own/a")
    capsys.readouterr()
    known.account(Report())
    said = capsys.readouterr().out
    assert "web: 3 rights, 2 of them used" in said
    assert "used   s3:GetObject files/own/*" in said
    assert "spare  sqs:SendMessage: at night" in said


def test_the_account_tells_a_right_that_is_missing_and_a_reason_that_is_none(
    client: Client, known: Roles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roles, "NOT_WALKED", {("web", "sqs:*", "*"): "at night"})
    keys = take(known, allow("s3:PutObject", on=OBJECTS))
    take(known, allow("sqs:SendMessage", on=QUEUE), process="beat")
    client("s3", keys).put_object(Bucket="files", Key="own/a", Body=b"a")
    with pytest.raises(ClientError):
        client("s3", keys).get_object(Bucket="files", Key="own/a")
    with pytest.raises(Trouble) as trouble:
        known.account(Report())
    assert str(trouble.value).splitlines()[2:] == [
        "web was refused s3:GetObject files/own/a",
        "beat has no need of sqs:SendMessage work",
        "nobody has the right that is explained by ('web', 'sqs:*', '*')",
    ]


@pytest.mark.parametrize(
    ("right", "call", "covered"),
    [
        (Right("s3:PutObject", OBJECTS), ("s3:PutObject", "arn:aws:s3:::files/own/a/b"), True),
        (Right("S3:putobject", OBJECTS), ("s3:PutObject", "arn:aws:s3:::files/own/a"), True),
        (Right("s3:Put*", "*"), ("s3:PutObject", "arn:aws:s3:::files/x"), True),
        (Right("s3:PutObject", OBJECTS), ("s3:PutObject", "arn:aws:s3:::files/OWN/a"), False),
        (Right("s3:GetObject", OBJECTS), ("s3:PutObject", "arn:aws:s3:::files/own/a"), False),
        (Right("s3:GetObject", "arn:aws:s3:::files/[ab]"), ("s3:GetObject", "arn:aws:s3:::files/a"), False),
    ],
)
def test_a_right_covers_calls_as_iam_matches_them(right: Right, call: tuple[str, str], covered: bool) -> None:
    assert right.covers(Call("web", *call, True)) is covered


def test_a_statement_that_cannot_be_accounted_for_is_refused() -> None:
    with pytest.raises(Trouble, match="NotAction"):
        list(roles.rights({"Statement": [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]}))
