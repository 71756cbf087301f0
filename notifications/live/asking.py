"""What a client may ask of its socket: to import a supplier's document, and to call that off. `docs/incoming.md`."""

from __future__ import annotations

from collections.abc import Set
from typing import Any
from uuid import UUID

from rest_framework.exceptions import ParseError

from accounts.models import User
from accounts.rights import Right, may
from api.parsers import loads
from api.problems import UNREACHABLE, Problem
from invoices.incoming import services
from invoices.incoming.uploads import form_for
from invoices.models import IncomingDocument

LONGEST = 1024  # characters of a message; the longest that means something has some 80
TOLD_BY = "IncomingDocumentChanged"
KNOWN = '{"action": "get_import_url"} and {"action": "cancel_import", "transactionId": "…"}'


def answer(user: User, text: str | None, types: Set[str] | None) -> dict[str, Any]:
    """What is said to a client's message, whatever it is. `types` are those that its socket hears of, None for all.

    Asks the database. Never raises for what a client wrote, nor while PostgreSQL is away.
    """
    if not may(user, Right.CHANGE_ORDERS):
        return _error("permission_denied", "Only staff may ask for something here.")
    if text is None or len(text) > LONGEST:
        return _error("invalid_message", f"A message is text of up to {LONGEST} characters.")
    try:
        return _done(user, loads(text.encode()), types)
    except ParseError as error:
        return _error("invalid_json", str(error.detail))
    except Problem as problem:
        return _error(problem.code, problem.detail)
    except UNREACHABLE:
        return _error("service_unavailable", "This cannot be done right now. Ask again in a moment.")


def _done(user: User, asked: object, types: Set[str] | None) -> dict[str, Any]:
    match asked:
        case {"action": "get_import_url", **others} if not others:
            if types is not None and TOLD_BY not in types:
                return _error(
                    "types_without_imports", f"This socket's types leave {TOLD_BY} out: it would hear nothing."
                )
            return _begun(services.begin(by=user))
        case {"action": "cancel_import", "transactionId": str(written), **others} if not others:
            return _cancelled(user, written)
    return _error("unknown_action", f"The messages that are understood are {KNOWN}.")


def _begun(document: IncomingDocument) -> dict[str, Any]:
    return _state(str(document.pk), document.state) | {
        **form_for(document),
        "expires_at": document.deadline.isoformat().replace("+00:00", "Z"),
    }


def _cancelled(user: User, written: str) -> dict[str, Any]:
    """The state as it is then: one that had ended before stays what it was."""
    try:
        document = services.cancel(document_id=UUID(written), by=user)
    except ValueError:
        document = None
    return _state(written, "NOT_FOUND") if document is None else _state(str(document.pk), document.state)


def _state(transaction: str, state: str) -> dict[str, Any]:
    return {"type": "import", "transactionId": transaction, "state": state}


def _error(code: str, detail: str) -> dict[str, Any]:
    return {"type": "error", "code": code, "detail": detail}
