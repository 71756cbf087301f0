from __future__ import annotations

import os
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.children import Children
from local.emulator import ACCOUNT, REGION, SES_DOWN, Emulator
from local.mailbox import Mailbox
from local.ports import free_port

Start = Callable[[], Emulator]


@pytest.fixture
def start(state: Path, children: Children) -> Start:
    port = free_port()

    def begin() -> Emulator:
        emulator = Emulator(state / "emulator", state / "mails", port)
        child = emulator.child(os.environ)
        children.start(child)
        emulator.wait(children, child, time.sleep)
        return emulator

    return begin


def client(emulator: Emulator, service: str) -> Any:
    keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "x"}
    return boto3.client(service, endpoint_url=emulator.endpoint, region_name=REGION, **keys)  # type: ignore[call-overload]


def wait_until(holds: Callable[[], bool], within: float = 20.0) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_messages_and_their_queue_outlive_a_kill(state: Path, start: Start, children: Children) -> None:
    emulator = start()
    sqs = client(emulator, "sqs")
    url = sqs.create_queue(QueueName="kept")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="still here")
    saved = state / "emulator" / "state" / "sqs.json"
    wait_until(lambda: saved.exists() and "still here" in saved.read_text())
    children.kill()
    assert not emulator.ended_well()
    start()
    received = sqs.receive_message(QueueUrl=url)["Messages"]
    assert [message["Body"] for message in received] == ["still here"]


def test_an_end_in_good_order_forgets_nothing_and_says_so(start: Start, children: Children) -> None:
    emulator = start()
    sqs = client(emulator, "sqs")
    url = sqs.create_queue(QueueName="kept")["QueueUrl"]
    for number in range(50):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    children.stop(["emulator"])
    assert emulator.ended_well()
    start()
    counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert counted["Attributes"]["ApproximateNumberOfMessages"] == "50"


def test_an_object_outlives_a_kill(start: Start, children: Children) -> None:
    s3 = client(start(), "s3")
    s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="kept", Key="invoice.pdf", Body=b"%PDF-")
    children.kill()
    start()
    assert s3.get_object(Bucket="kept", Key="invoice.pdf")["Body"].read() == b"%PDF-"


def test_a_mail_is_kept_whole_with_its_attachment(state: Path, start: Start) -> None:
    ses = client(start(), "ses")
    ses.verify_email_identity(EmailAddress="shop@example.com")
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "shop@example.com", "carla@example.com", "Größe: 12 €"
    mail.set_content("Für Sie: 12 €", cte="8bit")
    mail.add_attachment(b"%PDF-\x00\xff", maintype="application", subtype="pdf", filename="invoice.pdf")
    ses.send_raw_email(RawMessage={"Data": mail.as_bytes()}, Source="shop@example.com")
    box = Mailbox(state / "mails")
    wait_until(lambda: bool(box.ids()))
    kept = box.read(box.ids()[0])
    attachment = next(kept.iter_attachments())
    body = kept.get_body(("plain",))
    assert body is not None
    assert body.get_content() == "Für Sie: 12 €\n"
    assert kept["Subject"] == "Größe: 12 €"
    assert attachment.get_payload(decode=True) == b"%PDF-\x00\xff"


def test_ses_is_down_while_a_file_says_so_and_nothing_else_is(start: Start) -> None:
    emulator = start()
    ses = boto3.client(
        "ses",
        endpoint_url=emulator.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )
    (emulator.mails / SES_DOWN).touch()
    with pytest.raises(ClientError, match="ServiceUnavailable"):
        ses.get_send_quota()
    assert client(emulator, "sqs").create_queue(QueueName="up")["QueueUrl"]

    (emulator.mails / SES_DOWN).unlink()
    assert ses.get_send_quota()["Max24HourSend"] > 0
