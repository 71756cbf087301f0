"""What happens to accounts. All of these go to the EventBridge bus."""

from __future__ import annotations

from dataclasses import dataclass

from events.base import DomainEvent


@dataclass(frozen=True, kw_only=True)
class CustomerRegistered(DomainEvent):
    """Somebody signed up, or signed in for the first time: the account is theirs from now on. Once per account.

    An account that was there before and waited for its address, after an import say, counts from then on.
    """

    customer_id: str
    language: str

    @property
    def subject(self) -> str:
        return f"customer/{self.customer_id}"


@dataclass(frozen=True, kw_only=True)
class CustomerDeleted(DomainEvent):
    """An account was deleted: its row names nobody any more. Whoever keeps something about this customer forgets it."""

    customer_id: str

    @property
    def subject(self) -> str:
        return f"customer/{self.customer_id}"


@dataclass(frozen=True, kw_only=True)
class DataExportRequested(DomainEvent):
    """Somebody wants the file with all that is stored about them: a worker makes it."""

    export_id: str
    customer_id: str

    @property
    def subject(self) -> str:
        return f"customer/{self.customer_id}"
