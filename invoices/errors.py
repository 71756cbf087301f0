from __future__ import annotations

from api.problems import Conflict, NotFound


class InvoiceNotFound(NotFound):
    """Also for somebody else's: the caller learns nothing of it."""

    def __init__(self) -> None:
        super().__init__("There is no such invoice that you may see.")


class InvoiceNotReady(Conflict):
    code = "invoice_not_ready"

    def __init__(self) -> None:
        super().__init__("The invoice's PDF is not stored yet. Ask again shortly.", headers={"Retry-After": "2"})


class InvoiceNotIssued(Conflict):
    """To ask again shortly does not help: it waits for somebody to confirm the order, or will never be."""

    code = "invoice_not_ready"

    def __init__(self) -> None:
        super().__init__("This order has no invoice: one is issued when an order is confirmed.")


class DocumentDamaged(Exception):
    """What lies in the bucket is not what was stored: its SHA-256 or its size differs from the invoice's."""


class DocumentLost(Exception):
    """A PDF is no longer in the bucket, and this version of the shop renders another one."""


class NothingLeftToCredit(Conflict):
    code = "nothing_left_to_credit"

    def __init__(self) -> None:
        super().__init__("There is no invoice of this order, or nothing left of it.")


class TooManyOpenDocuments(Conflict):
    code = "too_many_imports"

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} uploads open. Finish or cancel one of them first.")
