"""The mails that the local shop sent, read over HTTP from `local/mailbox.py`."""

from __future__ import annotations

import email
import email.policy
from dataclasses import dataclass
from email.message import EmailMessage

import requests

from local.tour.guide import Disappointed

LOOKED_AT = 20  # the newest mails to one address


@dataclass(frozen=True)
class Mail:
    """`attachments` are file names and contents."""

    to: str
    subject: str
    text: str
    html: str
    attachments: tuple[tuple[str, bytes], ...]


class Mailbox:
    def __init__(self, base: str) -> None:
        self.base = base
        self._session = requests.Session()
        self._session.trust_env = False

    def about(self, number: str, to: str) -> list[Mail]:
        """The mails to that address whose subject names that order."""
        listed = self._get("/mails.json", to=to, limit=str(LOOKED_AT)).json()
        return [_parsed(self._get(row["raw"]).content) for row in listed if number in row["subject"]]

    def _get(self, path: str, **query: str) -> requests.Response:
        try:
            answer = self._session.get(self.base + path, params=query, timeout=15)
            answer.raise_for_status()
        except requests.RequestException as error:
            raise Disappointed(f"the mails at {self.base}", f"{type(error).__name__}: {error}") from error
        return answer


def _parsed(raw: bytes) -> Mail:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    return Mail(
        to=str(mail["To"]),
        subject=str(mail["Subject"]),
        text=str(text.get_content()) if isinstance(text, EmailMessage) else "",
        html=str(html.get_content()) if isinstance(html, EmailMessage) else "",
        attachments=tuple(
            (part.get_filename() or "", bytes(part.get_payload(decode=True) or b"")) for part in mail.iter_attachments()
        ),
    )
