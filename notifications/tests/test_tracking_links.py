"""The link by which a guest follows their order: in their mail, in no other, and not for staff to take."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import EmailMessage
from html import unescape
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from accounts.models import User
from events.tests.delivering import deliver
from invoices.tests.conftest import PlaceOrder, the_event
from notifications.models import Mail
from notifications.tests.conftest import Post
from orders.models import Order

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]


def links(mail: EmailMessage, order: Order) -> list[str]:
    """The order's links in both forms of the mail."""
    found = []
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        address = re.search(rf"http://\S*/orders/{order.id}\S*?(?=[\"\s])", unescape(str(part.get_content())))
        found += [address[0]] if address else []
    return found


def opens(guest: APIClient, link: str) -> bool:
    address = urlsplit(link)
    return bool(guest.get(f"{address.path}?{address.query}").status_code == 200)


def test_a_guests_mail_leads_to_their_order_until_the_token_is_revoked(
    place: PlaceOrder, post: Post, guest: APIClient, staff: User, client_of: ClientOf
) -> None:
    order = place(email="gus@example.com")
    deliver(the_event("OrderCreated", order), "emails")

    plain, html = links(post.only, order)
    assert plain == html
    assert opens(guest, plain)

    client_of(staff).delete(f"/orders/{order.id}/tracking-token")
    assert not opens(guest, plain)


def test_a_mail_that_is_written_after_the_revocation_has_a_link_that_works(
    place: PlaceOrder, post: Post, guest: APIClient, staff: User, client_of: ClientOf
) -> None:
    order = place(email="gus@example.com")
    client_of(staff).delete(f"/orders/{order.id}/tracking-token")

    deliver(the_event("OrderCreated", order), "emails")

    assert opens(guest, links(post.only, order)[0])


def test_a_customer_signs_in_instead(place: PlaceOrder, post: Post) -> None:
    order = place()
    deliver(the_event("OrderCreated", order), "emails")

    assert links(post.only, order) == []
    assert "Follow your order" not in Mail.objects.get().html + Mail.objects.get().text


def test_the_admin_shows_the_mail_without_its_token(
    place: PlaceOrder, post: Post, client: Client, staff: User, guest: APIClient
) -> None:
    order = place(email="gus@example.com")
    deliver(the_event("OrderCreated", order), "emails")
    token = links(post.only, order)[0].rpartition("=")[2]
    client.force_login(staff, backend="accounts.backends.CognitoBackend")

    page = client.get(reverse("admin:notifications_mail_change", args=[Mail.objects.get().id])).content.decode()

    assert page.count(f"/orders/{order.id}?tracking_token=…") == 2
    assert token not in page
    assert token.rpartition(":")[2] not in page
