"""The live process: WebSockets, and the two health addresses. REST is the web process's, under WSGI."""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
django_application = get_asgi_application()  # loads the apps, which the imports below need

from channels.routing import ProtocolTypeRouter  # noqa: E402

from api.context import is_process  # noqa: E402
from api.logs import without_query  # noqa: E402
from notifications.live.socket import Door, EventFeed  # noqa: E402

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

FEED = "/ws/events"
HEALTH = ("/health/live", "/health/ready")
NOT_HERE = (
    b'{"type":"urn:problem:not_found","title":"Not Found","status":404,"detail":"Only the live feed lives here.",'
)
NOT_HERE += b'"code":"not_found"}'


def live_application() -> ProtocolTypeRouter:
    """An application with a hub of its own. Each event loop needs one."""
    for name in ("uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).addFilter(without_query)
    door = Door()
    feed = EventFeed.as_asgi(door=door)

    async def sockets(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == FEED:
            await feed(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close"})  # before an accept, the server makes it an HTTP refusal

    async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await door.close()
        await send({"type": "lifespan.shutdown.complete"})

    return ProtocolTypeRouter({"http": _health, "websocket": sockets, "lifespan": lifespan})


async def _health(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] in HEALTH:
        # These addresses take no body, and what reads one expects WSGI.
        scope["headers"] = [row for row in scope["headers"] if row[0] not in (b"content-length", b"transfer-encoding")]
        await django_application(scope, _bodiless(receive), send)  # type: ignore[arg-type]  # Django names the same types its own way
        return
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(NOT_HERE)).encode())]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": NOT_HERE})


def _bodiless(receive: Receive) -> Receive:
    """Django would write a body to its disk, however long, before it looks at anything else."""
    told = False

    async def nothing() -> MutableMapping[str, Any]:
        nonlocal told
        if not told:
            told = True
            return {"type": "http.request", "body": b"", "more_body": False}
        while (message := await receive())["type"] == "http.request":
            pass
        return message

    return nothing


is_process("live")
application = live_application()
