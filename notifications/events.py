"""What happens to mails. These go to the EventBridge bus."""

from __future__ import annotations

from dataclasses import dataclass

from events.base import DomainEvent


@dataclass(frozen=True, kw_only=True)
class MailRequested(DomainEvent):
    """Staff asked for a mail to be sent again: `mail_id` is the new one, `resends` the one that it repeats."""

    mail_id: str
    resends: str

    @property
    def subject(self) -> str:
        return f"mail/{self.mail_id}"
