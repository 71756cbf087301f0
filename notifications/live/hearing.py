"""What somebody is told of: what is their own, and what of everybody's is theirs to read."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from accounts.models import User
from accounts.rights import Right, may, may_look_at
from events.base import REGISTRY


@dataclass(frozen=True)
class Hearing:
    """`own` is the customer whose events are heard, and `of_all` are the types that are heard whoever's they are.

    `of_all` is None for every type: also for those that this version of the code does not know any more.
    """

    own: UUID | None
    of_all: frozenset[str] | None

    @property
    def is_deaf(self) -> bool:
        return self.own is None and not self.takes_others

    @property
    def takes_others(self) -> bool:
        return self.of_all is None or bool(self.of_all)

    def takes(self, type: str, customer_id: UUID | None) -> bool:
        if self.own is not None and customer_id == self.own:
            return True
        return self.of_all is None or type in self.of_all

    def is_within(self, other: Hearing) -> bool:
        """Whether of others' events nothing is heard that `other` does not hear."""
        if other.of_all is None:
            return True
        return self.of_all is not None and self.of_all <= other.of_all


def hearing_of(user: User) -> Hearing:
    """An event belongs where its class does: who may look at the orders hears of orders."""
    own = user.pk if may(user, Right.OWN) else None
    if may_look_at(user, "events"):
        return Hearing(own, None)
    apps = {type: kind.__module__.partition(".")[0] for type, kind in REGISTRY.items()}
    return Hearing(own, frozenset(type for type, app in apps.items() if may_look_at(user, app)))
