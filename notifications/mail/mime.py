"""A mail as the bytes that travel: RFC 5322 and MIME, made from the row alone, so that twice gives the same."""

from __future__ import annotations

import unicodedata
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from notifications.models import Mail


class UnusableAddress(Exception):
    """No mail can be sent to this address."""


def build(mail: Mail, *, attachment: bytes | None = None, filename: str = "") -> bytes:
    """The whole message; `attachment` is a PDF. Raises UnusableAddress.

    SES gives every mail a Message-ID of its own: a mail that came twice is known by `X-Shop-Mail-Id`.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = sender()
    message["To"] = address_of(mail.to, mail.to_name)
    message["Subject"] = one_line(mail.subject)
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.id}@{sender().domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office note in answer
    if mail.kind == Mail.Kind.STOCK_LOW:  # RFC 2369; all others are about what their reader did, and no list
        message["List-Unsubscribe"] = f"<mailto:{sender().addr_spec}?subject=unsubscribe>"
    message["X-Shop-Mail-Id"] = str(mail.id)
    message["X-Shop-Event"] = mail.event_type
    if mail.order_number:
        message["X-Shop-Order"] = mail.order_number
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    if attachment is not None:
        message.add_attachment(attachment, maintype="application", subtype="pdf", filename=filename)
    for position, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"={mail.id.hex}.{position}=")  # else a random one
    return message.as_bytes()


def sender() -> Address:
    """Who the mails come from. Raises ImproperlyConfigured: a wrong setting must not fail the mails for good."""
    name, address = parseaddr(settings.MAIL_FROM)
    try:
        return address_of(address, name)
    except UnusableAddress as error:
        raise ImproperlyConfigured(f"MAIL_FROM: {error}") from error


def staff() -> list[str]:
    """Who is written to about the shop itself."""
    return list(settings.STAFF_MAIL_TO) or [sender().addr_spec]


def address_of(address: str, name: str = "") -> Address:
    """The address with its display name, the domain in ASCII (RFC 5891). Raises UnusableAddress.

    SES takes no characters outside ASCII before the @.
    """
    local, _, domain = address.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
        if not local or not domain or not local.isascii():
            raise ValueError("it has no part before the @ that SES takes, or no domain")
        return Address(display_name=one_line(name), username=local, domain=domain)
    except (ValueError, IndexError) as error:
        raise UnusableAddress(f"{address!r}: {error}") from error


def one_line(text: str) -> str:
    """`text` as a header may carry it: no line break or other control character, no invisible change of direction."""
    kept = (" " if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") else character for character in text)
    return " ".join("".join(kept).split())
