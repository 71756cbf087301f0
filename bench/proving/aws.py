"""What lies in the queues and in the bucket, asked of AWS (or of the emulator) directly."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from bench.proving.records import Record
from bench.proving.report import Check
from shop.subscriptions import INBOUND, SUBSCRIPTIONS, TASK_QUEUE

T = TypeVar("T")
PATIENCE = 60.0
COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]


class Aws:
    def __init__(self, arguments: dict[str, str], queues: str, bucket: str) -> None:
        config = Config(connect_timeout=3, read_timeout=20, retries={"mode": "standard", "max_attempts": 3}, proxies={})
        self.sqs: Any = boto3.client("sqs", config=config, **arguments)  # type: ignore[call-overload]
        self.s3: Any = boto3.client("s3", config=config, **arguments)  # type: ignore[call-overload]
        self.queues = queues
        self.bucket = bucket

    def waiting(self) -> dict[str, int]:
        """Messages of each consumer's queue, those under way included. Beat's own queue is never still and left out."""
        return self._counts((*SUBSCRIPTIONS, *INBOUND))

    def dead(self) -> dict[str, int]:
        return self._counts(f"{name}-dead" for name in (*SUBSCRIPTIONS, *INBOUND, TASK_QUEUE))

    def _counts(self, names: Iterable[str]) -> dict[str, int]:
        return {name: self._count(f"{self.queues}{name}") for name in names}

    def _count(self, url: str) -> int:
        answer = patiently(lambda: self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=COUNTS))
        return sum(int(value) for value in answer["Attributes"].values())

    def _object(self, key: str) -> bytes:
        return bytes(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def pdfs(self, invoices: list[Record], threads: int = 8) -> Check:
        """Reads every PDF, and holds its bytes against the record's size and SHA-256."""

        def wrong(invoice: Record) -> str:
            try:
                body = patiently(lambda: self._object(invoice["key"]))
            except ClientError as error:
                return f"{invoice['number']}: {error}"
            if len(body) != invoice["size"] or hashlib.sha256(body).hexdigest() != invoice["sha256"]:
                return f"{invoice['number']}: {len(body)} bytes with another hash than the record's {invoice['size']}"
            return "" if body.startswith(b"%PDF-") else f"{invoice['number']}: no PDF"

        stored = [invoice for invoice in invoices if invoice["key"]]
        with ThreadPoolExecutor(threads) as pool:
            faults = [fault for fault in pool.map(wrong, stored) if fault]
        faults += [f"{invoice['number']}: never stored" for invoice in invoices if not invoice["key"]]
        return Check("PDFs, by SHA-256 and size", str(len(invoices)), str(len(stored)), faults)


def patiently(call: Callable[[], T]) -> T:
    """The answer of `call`, asked again while AWS is away; raises what it last raised after PATIENCE."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return call()
        except (BotoCoreError, ClientError) as error:
            code = error.response["ResponseMetadata"]["HTTPStatusCode"] if isinstance(error, ClientError) else 503
            if code < 500 or time.monotonic() > until:
                raise
            time.sleep(0.5)
