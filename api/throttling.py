"""How many requests one caller may make: 429 with `Retry-After` once a rate of their class is used up.

The rates are settings (`THROTTLE_…`). A caller is an account or, without one, an address. What is counted often and
guards against floods alone is counted by each process for itself; what guards passwords, orders and stock is counted
in Valkey, where there is one, for all processes.
"""

from __future__ import annotations

import functools
import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from rest_framework.permissions import SAFE_METHODS

from api.clients import client_address, network
from api.counting import Counter, ProcessCounter
from api.problems import Problem

READS, WRITES, STAFF, CREDENTIALS, EMAILS, CONNECTS = "reads", "writes", "staff", "credentials", "emails", "connects"
SHARED = {WRITES, CREDENTIALS, EMAILS}


class TooManyRequests(Problem):
    status, code = 429, "too_many_requests"

    def __init__(self, wait: int) -> None:
        super().__init__(f"Too many requests. Try again in {wait} s.", headers={"Retry-After": str(wait)})


def count(name: str, who: str) -> None:
    """Counts one request of the class `name` by `who`. Raises TooManyRequests (429)."""
    for rate in settings.THROTTLES.get(name, ()):
        window, passed = divmod(time.time(), rate.seconds)
        if _counter(name).count(f"{name}:{who}", int(window), rate.seconds) > rate.limit:
            raise TooManyRequests(int(rate.seconds - passed) + 1)


def count_request(request: HttpRequest, user: Any, name: str) -> None:
    """Counts a request on `user`, or on its address where nobody is signed in; no name means: by method and role."""
    if not settings.THROTTLES:
        return
    signed_in = user is not None and user.is_authenticated
    if not name:
        staff = signed_in and user.is_staff
        name = STAFF if staff else READS if request.method in SAFE_METHODS else WRITES
    count(name, str(user.pk) if signed_in else address_of(request))


def count_sign_in(request: HttpRequest, email: str) -> None:
    """Counts an attempt to sign in, on the address it comes from and on the e-mail address that it names."""
    count(CREDENTIALS, address_of(request))
    count_email(email)


def count_email(email: str) -> None:
    """Counts what is done with an e-mail address, whoever does it. The address itself is kept nowhere."""
    if settings.THROTTLES:
        count(EMAILS, salted_hmac("throttle", email.strip().lower(), algorithm="sha256").hexdigest()[:32])


def address_of(request: HttpRequest) -> str:
    return network(client_address(request.META))


class Counted:
    """For a view of the framework: each request counts for `throttle`, on its caller.

    "" is by method and role, None is not at all. A request with a token that is refused counts on its address.
    """

    throttle: str | None = ""

    def perform_authentication(self, request: Any) -> None:
        user = None
        try:
            super().perform_authentication(request)  # type: ignore[misc]  # the view that this is mixed into
            user = request.user
        finally:
            if self.throttle is not None:
                count_request(request._request, user, self.throttle)


def _counter(name: str) -> Counter:
    return _shared(settings.REDIS_URL) if name in SHARED and settings.REDIS_URL else _own


@functools.cache
def _shared(url: str) -> Counter:
    from api.shared_counting import SharedCounter

    return SharedCounter(url)


_own = ProcessCounter()
