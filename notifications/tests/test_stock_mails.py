"""The mail to staff when a variant runs out: one to each of them, each time that its stock falls so low."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError
from django.test import Client
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Product
from events.models import Event
from events.tests.delivering import deliver
from notifications.models import Mail
from notifications.tests.conftest import Post
from notifications.tests.reading import body

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]
Sell = Callable[[int], None]


@pytest.fixture(autouse=True)
def recipients(settings: Settings) -> list[str]:
    settings.STAFF_MAIL_TO = ("stock@example.com", "boss@example.com")
    return list(settings.STAFF_MAIL_TO)


@pytest.fixture
def sell(client_of: ClientOf, staff: User) -> Sell:
    """Takes so many units of a mug, of which there are ten, with a mail at three."""
    client = client_of(staff)
    variants = [{"sku": "MUG-1", "price": "12.90", "stock": 10, "low_stock": 3}]
    made = client.post("/products", {"code": "MUG", "name": "A <b>mug</b> & saucer", "variants": variants})
    assert made.status_code == 201, made.content

    def take(units: int) -> None:
        answer = client.post("/variants/MUG-1/stock", {"delta": -units, "reason": "correction"})
        assert answer.status_code == 200, answer.content

    return take


def low() -> Event:
    return Event.objects.filter(type="StockLow").latest("id")


def test_each_of_the_staff_gets_a_mail_with_what_is_left(sell: Sell, post: Post, recipients: list[str]) -> None:
    sell(8)

    deliver(low(), "emails")

    assert post.recipients == [[address] for address in recipients]
    for mail in post.mails:
        assert str(mail["Subject"]) == "Only 2 left of A <b>mug</b> & saucer (MUG-1)"
        assert mail["X-Shop-Order"] is None
        assert f"/admin/catalog/product/{Product.objects.get().id}/change/" in body(mail, "plain")
        assert "A <b>mug</b> & saucer (MUG-1)" in body(mail, "plain")
        assert "A &lt;b&gt;mug&lt;/b&gt; &amp; saucer" in body(mail, "html")
        assert "fell to 2; you asked to be told at 3" in body(mail, "html")
    assert set(Mail.objects.values_list("kind", "status", "order_id", "event_id")) == {
        ("stock_low", "sent", None, low().id)
    }


def test_whoever_wants_no_more_of_them_may_say_so(sell: Sell, post: Post) -> None:
    sell(8)

    deliver(low(), "emails")

    assert post.mails[0]["List-Unsubscribe"] == "<mailto:shop@example.com?subject=unsubscribe>"


def test_a_second_delivery_sends_nothing(sell: Sell, post: Post) -> None:
    sell(8)
    deliver(low(), "emails")

    deliver(low(), "emails")

    assert (post.asked, Mail.objects.count()) == (2, 2)


def test_one_address_that_cannot_be_written_to_keeps_no_mail_from_the_others(
    sell: Sell, post: Post, settings: Settings
) -> None:
    settings.STAFF_MAIL_TO = ("jörg@example.com", "boss@example.com")
    sell(8)

    deliver(low(), "emails")

    assert dict(Mail.objects.values_list("to", "status")) == {"jörg@example.com": "failed", "boss@example.com": "sent"}


def test_what_may_pass_is_tried_again_for_each(sell: Sell, post: Post, recipients: list[str]) -> None:
    sell(8)
    post.refusal = "Throttling"
    with pytest.raises(ClientError):
        deliver(low(), "emails")
    assert set(Mail.objects.values_list("to", "attempts", "status")) == {(to, 1, "queued") for to in recipients}

    post.refusal = ""
    deliver(low(), "emails")

    assert set(Mail.objects.values_list("attempts", "status")) == {(2, "sent")}


def test_without_a_setting_the_sender_of_all_mails_gets_it(sell: Sell, post: Post, settings: Settings) -> None:
    settings.STAFF_MAIL_TO, settings.MAIL_FROM = (), "The shop <shop@example.com>"
    sell(10)

    deliver(low(), "emails")

    assert post.recipients == [["shop@example.com"]]
    assert "Sold out" in body(post.only, "html")


def test_a_variant_that_is_gone_meanwhile_is_told_by_its_sku(sell: Sell, post: Post) -> None:
    sell(8)
    Product.objects.all().delete()

    deliver(low(), "emails")

    assert str(post.mails[0]["Subject"]) == "Only 2 left of a variant that is gone (MUG-1)"
    assert "/admin/" not in body(post.mails[0], "plain")


def test_the_admin_shows_a_mail_that_belongs_to_no_order(sell: Sell, post: Post, staff: User) -> None:
    sell(8)
    deliver(low(), "emails")
    page = Client()
    page.force_login(staff, backend="accounts.backends.CognitoBackend")

    answer = page.get(f"/admin/notifications/mail/{Mail.objects.latest('id').id}/change/")

    assert answer.status_code == 200
    assert "Only 2 left" in answer.content.decode()
