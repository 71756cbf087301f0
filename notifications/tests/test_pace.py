"""SES is given no more mails a second than it takes, however many workers there are."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from events.tests.delivering import deliver
from invoices.tests.conftest import PlaceOrder, the_event
from notifications.mail import pace
from notifications.models import Mail, SendingPace
from notifications.tests.conftest import Post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each mail waited, without the waiting."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


def test_each_of_many_at_once_has_a_moment_of_its_own(settings: Settings, naps: list[float]) -> None:
    settings.SES_MAX_PER_SECOND = 2
    first = timezone.now() + timedelta(seconds=10)
    SendingPace.objects.create(next_at=first)

    def worker() -> None:
        for _ in range(5):
            pace.wait()
        connection.close()

    workers = [threading.Thread(target=worker) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()

    assert SendingPace.objects.get().next_at == first + timedelta(seconds=20 / 2)
    assert len(naps) == 20
    assert max(naps) < 10 + 20 / 2


def test_the_first_mail_waits_for_nothing(settings: Settings, naps: list[float]) -> None:
    settings.SES_MAX_PER_SECOND = 1

    pace.wait()

    assert naps == []
    assert SendingPace.objects.count() == 1


def test_a_moment_that_nobody_took_is_not_saved_up(settings: Settings, naps: list[float]) -> None:
    settings.SES_MAX_PER_SECOND = 1
    SendingPace.objects.create(next_at=timezone.now() - timedelta(hours=1))

    pace.wait()
    pace.wait()

    assert len(naps) == 1


def test_without_a_limit_nobody_waits(settings: Settings, naps: list[float]) -> None:
    settings.SES_MAX_PER_SECOND = 0

    pace.wait()

    assert (naps, SendingPace.objects.count()) == ([], 0)


def test_where_the_line_is_too_long_the_mail_comes_again_instead(
    settings: Settings, naps: list[float], place: PlaceOrder, post: Post
) -> None:
    settings.SES_MAX_PER_SECOND = 5
    event = the_event("OrderCreated", place())
    SendingPace.objects.create(next_at=timezone.now() + timedelta(hours=1))
    with pytest.raises(pace.LineTooLong):
        deliver(event, "emails")
    assert (post.asked, naps, Mail.objects.get().status) == (0, [], "queued")

    SendingPace.objects.update(next_at=timezone.now())
    deliver(event, "emails")

    assert (post.asked, Mail.objects.get().status) == (1, "sent")
