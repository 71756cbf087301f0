"""Reading a mail as its addressee does."""

from __future__ import annotations

from email.message import EmailMessage


def body(mail: EmailMessage, kind: str) -> str:
    """The mail's `plain` or `html` form."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def bodies(mail: EmailMessage) -> tuple[str, str]:
    """Both forms; the text with its lines joined, which are broken wherever they get too long."""
    return " ".join(body(mail, "plain").split()), body(mail, "html")
