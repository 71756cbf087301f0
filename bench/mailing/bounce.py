"""A bounce, told as SES tells it, and what is seen of it: in the row, on the list, at the next mail, in the admin."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import boto3
import requests

from bench.driving.client import GaveUp
from bench.proving import mailbox
from bench.proving.records import Record, Records
from bench.proving.report import Check
from bench.races.start import CREATED, Start
from local.emulator import ACCOUNT

PATIENCE = 60.0
MAIL = "SELECT id, status, outcome, ses_id, subject FROM notifications_mail WHERE order_id = %(order)s"
LISTED = "SELECT id, reason, detail FROM notifications_suppression WHERE address = %(address)s AND lifted_at IS NULL"


class Bounce:
    def __init__(self, start: Start) -> None:
        self.start = start
        self.domain = f"{start.run.lower()}.example.com"
        self.address = f"bounces@{self.domain}"
        self.records = Records(start.shop.database, start.run, self.domain)

    def run(self) -> list[Check]:
        """Raises GaveUp where something does not come in time."""
        sku = self.start.product("BOUNCE", 10)
        first = self._ordered(sku, "one")
        mail = self._mail(first, "sent")
        self._tell(mail)
        bounced = self._mail(first, "bounced")
        listed = self.records.ask(LISTED, address=self.address)
        second = self._ordered(sku, "two")
        later = self._mail(second, "suppressed")
        found = mailbox.delivered(self.start.shop.state / "mails", self.domain)
        arrived = {subject: count for (to, subject), count in found.items() if to == self.address}
        pages = self._admin(first, str(mail["id"]))
        return [
            _check(
                "bounced mail",
                "bounced, with what the server said",
                "user unknown" in bounced["outcome"],
                bounced["outcome"],
            ),
            _check(
                "suppression", "1 hard_bounce", [row["reason"] for row in listed] == ["hard_bounce"], str(len(listed))
            ),
            _check("the next mail to the address", "suppressed", not later["ses_id"], later["status"]),
            _check(
                "in the mailbox",
                "the first alone",
                arrived == {mail["subject"]: 1},
                str(sum(arrived.values())),
            ),
            *(
                _check(f"admin: {name}", words, words in text, "said" if words in text else "not said")
                for name, words, text in pages
            ),
        ]

    def _ordered(self, sku: str, key: str) -> str:
        reply = self.start.order({sku: 1}, "bounces", key=f"{self.start.run}-bounce-{key}")
        if reply.status != CREATED:
            raise GaveUp(f"an order was answered {reply.words}")
        return str(reply.body["id"])

    def _mail(self, order: str, status: str) -> Record:
        def look() -> Record | None:
            rows = self.records.ask(MAIL, order=order)
            return rows[0] if rows and rows[0]["status"] == status else None

        return _wait(look, f"a mail about {order} that is {status}")

    def _tell(self, mail: Record) -> None:
        """Publishes what SES would, to the topic that `local/aws.py` made: by SNS and SQS to a worker."""
        sns: Any = boto3.client("sns", **self.start.shop.aws)  # type: ignore[call-overload]
        name = self.start.shop.queues.rstrip("-").rpartition("/")[2]
        topic = f"arn:aws:sns:{self.start.shop.aws['region_name']}:{ACCOUNT}:{name}-ses-feedback"
        recipient = {"emailAddress": self.address, "action": "failed", "status": "5.1.1",
                     "diagnosticCode": "smtp; 550 5.1.1 user unknown"}  # fmt: skip
        bounce = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [recipient]}
        told = {"eventType": "Bounce", "bounce": bounce, "mail": {"messageId": mail["ses_id"], "headers": []}}
        sns.publish(TopicArn=topic, Message=json.dumps(told))

    def _admin(self, order: str, mail: str) -> list[tuple[str, str, str]]:
        """Name of a page, words that it must say, and what it says, as staff see it."""
        shop, browser = self.start.shop, requests.Session()
        browser.trust_env = False
        login = f"{shop.api}/admin/login/"
        form = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(login, timeout=30).text)
        facts = {"username": shop.staff.email, "password": shop.staff.password, "next": "/admin/"}
        browser.post(
            login, facts | {"csrfmiddlewaretoken": form[1] if form else ""}, headers={"Referer": login}, timeout=30
        )
        pages = (
            ("the order", f"orders/order/{order}/change/", f"{self.address} is not written to since"),
            ("the mail", f"notifications/mail/{mail}/change/", "550 5.1.1 user unknown"),
            ("the list", f"notifications/suppression/?q={self.address}", self.address),
        )
        return [(name, words, browser.get(f"{shop.api}/admin/{path}", timeout=30).text) for name, path, words in pages]


def _check(name: str, expected: str, holds: bool, found: str) -> Check:
    return Check(name, expected, found, [] if holds else [f"expected {expected}, found {found}"])


def _wait(look: Callable[[], Record | None], what: str) -> Record:
    until = time.monotonic() + PATIENCE
    while (found := look()) is None:
        if time.monotonic() > until:
            raise GaveUp(f"there is not {what} after {PATIENCE:.0f} s")
        time.sleep(0.2)
    return found
