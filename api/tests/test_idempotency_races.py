"""Two requests with one `Idempotency-Key` at once: the claim does not see what is committed while it takes the lock.

That moment is too short to meet. Here the second request itself has the first one's answer committed, by `elsewhere`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory

from accounts.models import User
from api.idempotency import once
from api.models import IdempotencyKey
from api.problems import Conflict
from api.views import View

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def request_again() -> Request:
    request = View().initialize_request(
        APIRequestFactory().post("/things", {"a": 1}, format="json", headers={"Idempotency-Key": "key-1"})
    )
    once(request, "somebody-else", lambda: Response({"made": 0}, status=201))
    return request


def elsewhere(call: Callable[[], Any]) -> None:
    """Runs `call` on a connection of its own, to its end."""

    def run() -> None:
        try:
            call()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()


def keep_first_answer() -> None:
    """As the first request does it, which is this one but for its caller."""
    key = IdempotencyKey.objects.get(caller="somebody-else")
    key.pk, key.caller = None, "me"
    key.save(force_insert=True)


def test_the_work_is_rolled_back_and_the_first_answer_given(request_again: Request) -> None:
    done: list[int] = []

    def work() -> Response:
        done.append(len(done))
        User.objects.create_user(f"made-{len(done)}@example.com")
        if len(done) == 1:
            elsewhere(keep_first_answer)
        return Response({"made": len(done)}, status=201)

    answer = once(request_again, "me", work)

    assert answer.data == {"made": 0}
    assert answer["Idempotency-Replayed"] == "true"
    assert done == [0]
    assert not User.objects.exists()


def test_what_is_refused_because_of_the_first_request_gets_its_answer(request_again: Request) -> None:
    def work() -> Response:
        elsewhere(keep_first_answer)
        raise Conflict("The first request has taken the last one.")

    answer = once(request_again, "me", work)

    assert answer.data == {"made": 0}
    assert answer["Idempotency-Replayed"] == "true"


def test_what_is_refused_for_another_reason_stays_refused(request_again: Request) -> None:
    asked: list[int] = []

    def work() -> Response:
        asked.append(1)
        raise Conflict("There never was one.")

    with pytest.raises(Conflict, match="There never was one"):
        once(request_again, "me", work)

    assert asked == [1]


def test_an_old_key_that_was_used_anew_meanwhile_is_not_forgotten(request_again: Request) -> None:
    elsewhere(keep_first_answer)
    mine = IdempotencyKey.objects.filter(caller="me")
    mine.update(created_at=timezone.now() - timedelta(days=2))
    done: list[int] = []

    def use_anew(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("DELETE") and len(done) == 1:
            elsewhere(lambda: mine.update(created_at=timezone.now()))
        return execute(sql, *rest)

    def work() -> Response:
        done.append(1)
        return Response({"made": 1}, status=201)

    with connection.execute_wrapper(use_anew):
        answer = once(request_again, "me", work)

    assert answer.data == {"made": 0}
    assert answer["Idempotency-Replayed"] == "true"
