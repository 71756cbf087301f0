"""What the shop shows of itself from outside: its lists over HTTP, its PDFs, its mails; and the log, for the feed."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.parser import BytesHeaderParser
from email.policy import default
from pathlib import Path
from typing import Any

import requests

from bench.driving.client import Client, GaveUp
from bench.proving.report import Check

Row = dict[str, Any]
Letter = tuple[str, str]
"""The order's number, and the type of the event that the mail tells of."""


@dataclass
class Seen:
    orders: list[Row]
    invoices: list[Row]
    stock: dict[str, int]
    mails: dict[Letter, Counter[str]] = field(default_factory=dict)
    """Letter → the ids of the mails, each with the number of its copies."""


class Window:
    """Asks as staff."""

    def __init__(self, client: Client, mailbox: Path) -> None:
        self.client, self.mailbox = client, mailbox
        self.products: dict[str, str] = {}
        """SKU → id of its product."""
        self._letters: dict[str, tuple[Letter, str] | None] = {}
        self._sound: set[str] = set()

    def look(self) -> Seen:
        with ThreadPoolExecutor(4) as pool:
            stock = dict(pool.map(self._stock, self.products.items()))
        return Seen(self._all("/orders"), self._all("/invoices"), stock, self.mails())

    def _all(self, path: str) -> list[Row]:
        rows: list[Row] = []
        address: str | None = f"{path}?limit=100"
        while address:
            answer = self.client.send("GET", address)
            if answer.status != 200:
                raise GaveUp(f"GET {address} was answered {answer.status} {answer.body}")
            rows += answer.body["results"]
            address = answer.body["next"] and answer.body["next"].removeprefix(self.client.base)
        return rows

    def _stock(self, product: tuple[str, str]) -> tuple[str, int]:
        sku, id = product
        variants = self.client.send("GET", f"/products/{id}").body["variants"]
        return sku, int(next(variant["stock"] for variant in variants if variant["sku"] == sku))

    def mails(self) -> dict[Letter, Counter[str]]:
        """Of the mailbox's files, by what stands in their heads. A mail that was read is not read again."""
        parser = BytesHeaderParser(policy=default)
        found: defaultdict[Letter, Counter[str]] = defaultdict(Counter)
        for path in self.mailbox.glob("[!.]*.eml"):
            if path.name not in self._letters:
                with path.open("rb") as file:
                    head = parser.parse(file)
                letter = (str(head["X-Shop-Order"] or ""), str(head["X-Shop-Event"] or ""))
                self._letters[path.name] = (letter, str(head["X-Shop-Mail-Id"])) if letter[0] else None  # of no order
            if told := self._letters[path.name]:
                found[told[0]][told[1]] += 1
        return found

    def pdfs(self, invoices: list[Row]) -> Check:
        """Downloads each that was not sound before, by its signed address, and holds its bytes against the record."""
        new = [invoice for invoice in invoices if invoice["sha256"] and invoice["id"] not in self._sound]
        with ThreadPoolExecutor(4) as pool:
            faults = list(pool.map(self._pdf, new))
        self._sound |= {invoice["id"] for invoice, fault in zip(new, faults, strict=True) if not fault}
        wrong = [fault for fault in faults if fault]
        return Check("PDFs, by SHA-256 and size", str(len(invoices)), str(len(self._sound)), wrong)

    def _pdf(self, invoice: Row) -> str:
        answer = self.client.send("GET", f"/invoice-url?invoice_id={invoice['id']}")
        if answer.status != 200:
            return f"{invoice['number']}: no address, {answer.status} {answer.code}"
        with requests.Session() as session:
            session.trust_env = False
            reply = session.get(answer.body["url"], timeout=30)
        digest = hashlib.sha256(reply.content).hexdigest()
        if reply.status_code != 200 or digest != invoice["sha256"] or len(reply.content) != invoice["size"]:
            return f"{invoice['number']}: {reply.status_code}, {len(reply.content)} bytes that are not the record's"
        return "" if reply.content.startswith(b"%PDF-") else f"{invoice['number']}: no PDF"
