"""The AWS emulator's process: ministack, with five things that it lacks.

- It writes its state only when it ends in good order, so a kill -9 would take queues and users along. Here a forked
  copy writes it every few seconds while something changes; the fork sees one moment, and requests go on meanwhile.
- It keeps no attachment of a mail. Here every mail is written whole to `MAILS_DIR`, which `local/mailbox.py` shows.
- It is never down. Here SES is, while a file says so: `bench/mails.py` wants to see what becomes of the mails.
- It confirms a sign-up and leaves the address unverified. Here it is verified, as AWS does where the pool asks for it.
- It lets everybody do everything. Here each caller may do what its role allows, where a file for calls is asked for.

All reach into ministack's private names; its version is pinned, and tests of ours hold the promises.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import ministack.app as ministack  # type: ignore[import-untyped]
from ministack.core.persistence import STATE_DIR, save_all  # type: ignore[import-untyped]
from ministack.services import cognito, ses  # type: ignore[import-untyped]
from uuid_utils import uuid7

from local import emulator_roles
from local.emulator import CLEAN, SES_DOWN

SAVE_EVERY = 2.0

POLL = b"AmazonSQS.ReceiveMessage"
"""What idle workers ask all day. It changes no more than who is hidden until when."""

UNAVAILABLE = b"""<ErrorResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><Error><Type>Receiver</Type>
<Code>ServiceUnavailable</Code><Message>SES is down, as a bench wants it.</Message></Error></ErrorResponse>"""

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_changed = asyncio.Event()
_inner = ministack.app
_confirm = cognito._confirm_sign_up


def keep_mail(source: str, recipients: list[str], message: str) -> None:
    """Takes the place of ministack's own forwarding: one file per mail, whole, named so that names sort by time."""
    folder = Path(os.environ["MAILS_DIR"])
    name = f"{uuid7()}.eml"
    envelope = f"X-Envelope-From: {parseaddr(source)[1]}\r\nX-Envelope-To: {', '.join(recipients)}\r\n"
    unfinished = folder / f".{name}"
    unfinished.write_bytes((envelope + message).encode())
    unfinished.rename(folder / name)


def confirm_sign_up(data: dict[str, Any]) -> Any:
    """Takes the place of ministack's own ConfirmSignUp, and verifies the address as well."""
    answer = _confirm(data)
    pool, _ = cognito._pool_for_client(data["ClientId"])
    user, _ = cognito._resolve_user(pool, data["Username"]) if pool else (None, None)
    if answer[0] == 200 and user and "email" in pool.get("AutoVerifiedAttributes", []):
        verified = [{"Name": "email_verified", "Value": "true"}]
        user["Attributes"] = cognito._merge_attributes(user["Attributes"], verified)
    return answer


async def app(scope: Message, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await _live(scope, receive, send)
        return
    if scope["type"] == "http" and _is_for_ses(scope) and (Path(os.environ["MAILS_DIR"]) / SES_DOWN).exists():
        await send({"type": "http.response.start", "status": 503, "headers": [(b"content-type", b"text/xml")]})
        await send({"type": "http.response.body", "body": UNAVAILABLE})
        return
    await _inner(scope, receive, send)
    if scope["type"] == "http" and scope["method"] != "GET" and (b"x-amz-target", POLL) not in scope["headers"]:
        _changed.set()


def _is_for_ses(scope: Message) -> bool:
    return any(name == b"authorization" and b"/ses/aws4_request" in value for name, value in scope["headers"])


async def _live(scope: Message, receive: Receive, send: Send) -> None:
    """The process's life: saves on change, and lets no copy write while the end writes the last state."""
    writing = asyncio.Lock()
    saving = asyncio.create_task(_save_on_change(writing))

    async def hold_the_end() -> Message:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await writing.acquire()
            saving.cancel()
        return message

    await _inner(scope, hold_the_end, send)
    (Path(STATE_DIR) / CLEAN).touch()


async def _save_on_change(writing: asyncio.Lock) -> None:
    while True:
        await _changed.wait()
        async with writing:
            _changed.clear()
            pid = os.fork()
            if pid == 0:
                try:
                    save_all(ministack._build_persistence_save_dict())
                finally:
                    os._exit(0)
            while os.waitpid(pid, os.WNOHANG)[0] == 0:
                await asyncio.sleep(0.02)
        await asyncio.sleep(SAVE_EVERY)


def main() -> None:
    Path(STATE_DIR).mkdir(parents=True, exist_ok=True)
    (Path(STATE_DIR) / CLEAN).unlink(missing_ok=True)
    ses._smtp_relay = keep_mail
    cognito._confirm_sign_up = confirm_sign_up
    if pool := os.environ.get("FIRST_POOL_ID"):  # where settings are written down before anything is made
        cognito._pool_id = lambda: pool
        cognito._client_id = lambda: os.environ["FIRST_CLIENT_ID"]
    if calls := os.environ.get("CALLS_FILE"):
        emulator_roles.hold(Path(calls))
    ministack.app = app
    sys.argv = ["ministack"]
    ministack.main()


if __name__ == "__main__":
    main()
