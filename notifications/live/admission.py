"""Who may listen, and to what: what is decided before the first message, and looked at again all the time after."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from channels.db import database_sync_to_async
from django.conf import settings

from accounts.models import User
from accounts.services import user_for_token
from accounts.tickets import is_ticket, user_for_ticket
from accounts.tokens import LEEWAY, InvalidToken, KeysUnavailable
from api.clients import client_address, network
from api.problems import UNREACHABLE, Problem
from api.throttling import CONNECTS, TooManyRequests, count
from notifications.live.follower import Stopped
from notifications.live.hearing import hearing_of
from notifications.live.hub import Hub

log = logging.getLogger(__name__)
T = TypeVar("T")

BAD_REQUEST, NO_TOKEN, FORBIDDEN, TOKEN_RAN_OUT, TOO_MANY = 4400, 4401, 4403, 4408, 4429
INTERNAL_ERROR, TRY_AGAIN_LATER = 1011, 1013  # RFC 6455 and its registry
PROTOCOL = "bearer"
CURSOR = re.compile(r"[0-9]{1,18}")  # an opaque string to clients: the decimal position, which fits into a bigint

# Django's ORM and the fetch of Cognito's keys are synchronous: a few threads of their own, so that many sockets that
# connect at once queue here and not in front of everything else.
_threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="live")


@dataclass(frozen=True)
class Wish:
    """What the address asks for. `after` is None for "from now on", `types` for all."""

    after: int | None
    types: frozenset[str] | None


def offered_token(scope: Mapping[str, Any]) -> str:
    """The token of the Authorization header, else of the subprotocol pair `bearer, <token>`. Raises Stopped (4401)."""
    headers: dict[bytes, bytes] = dict(scope["headers"])
    scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    match scope.get("subprotocols"):
        case [str(name), str(offered)] if name.lower() == PROTOCOL:
            return offered
    raise Stopped(NO_TOKEN, "no access token was given")


def count_connect(scope: Mapping[str, Any]) -> None:
    """Counts the socket on the address that it comes from. Raises Stopped (4429)."""
    forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    host, _ = scope.get("client") or ("", 0)
    try:
        count(CONNECTS, network(client_address({"REMOTE_ADDR": host, "HTTP_X_FORWARDED_FOR": ",".join(forwarded)})))
    except TooManyRequests as refusal:
        raise Stopped(TOO_MANY, refusal.detail) from None


async def admitted(token: str) -> tuple[User, float]:
    """The bearer of a token, or of a ticket of the admin, and until when, in Unix seconds, they may stay.

    Raises Stopped: 4401, 4403, or 1013 while that cannot be found out.
    """
    try:
        if is_ticket(token):
            return await in_thread(user_for_ticket, token)
        user, claims = await in_thread(user_for_token, token)
        return user, claims.expires_at + LEEWAY
    except InvalidToken as error:
        raise Stopped(NO_TOKEN, f"the access token is not valid: {error}") from None
    except Problem as problem:
        code = {401: NO_TOKEN, 403: FORBIDDEN, 409: FORBIDDEN}.get(problem.status, TRY_AGAIN_LATER)
        raise Stopped(code, problem.detail) from None
    except (KeysUnavailable, *UNREACHABLE) as error:
        log.warning("a token cannot be checked: %s", error)
        raise Stopped(TRY_AGAIN_LATER, "sign-in cannot be checked right now") from None


def wished(query: bytes) -> Wish:
    """What `?after=&types=` asks for. Raises Stopped (4400) for anything else, or for either given twice."""
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, strict_parsing=bool(query), errors="strict")
    except ValueError:
        raise Stopped(BAD_REQUEST, "the query string cannot be read") from None
    given = dict(pairs)
    if len(given) != len(pairs) or not given.keys() <= {"after", "types"}:
        raise Stopped(BAD_REQUEST, "only after and types are known, each once")
    after = given.get("after")
    if after is not None and not CURSOR.fullmatch(after):
        raise Stopped(BAD_REQUEST, "after is no cursor of this feed")
    types = frozenset(given["types"].split(",")) if "types" in given else None
    if types is not None and not types <= settings.EVENT_ROUTES.keys():
        raise Stopped(BAD_REQUEST, "types names an event type that there is not")
    return Wish(None if after is None else int(after), types)


async def watch_the_door(hub: Hub) -> None:
    """Looks again, for ever, whether those who are connected may still be: one query for all of them."""
    while True:
        await asyncio.sleep(settings.LIVE_RECHECK_SECONDS)
        try:
            known = await in_thread(_accounts, {follower.user_id for follower in hub.followers()})
        except UNREACHABLE as error:
            log.warning("cannot look who may still be connected: %s", error)
            continue
        except Exception:  # whatever it was, those who were shut out must not stay because of it
            log.exception("cannot look who may still be connected")
            continue
        for follower in hub.followers():
            if follower.user_id not in known:  # came while we looked, and was checked a moment ago
                continue
            user = known[follower.user_id]
            if user is None or not user.is_active:
                follower.stop(FORBIDDEN, "this account is blocked")
            elif not follower.hearing.is_within(hearing_of(user)):
                follower.stop(NO_TOKEN, "this account may hear less than before: sign in again")


async def in_thread(work: Callable[..., T], *arguments: Any) -> T:
    """Runs what asks the database, or Cognito, beside the event loop."""
    result: T = await database_sync_to_async(work, thread_sensitive=False, executor=_threads)(*arguments)
    return result


def _accounts(user_ids: set[Any]) -> dict[Any, User | None]:
    """As they are now; None for one that is gone."""
    found = User.objects.in_bulk(user_ids) if user_ids else {}
    return {user_id: found.get(user_id) for user_id in user_ids}
