"""Addresses of the admin that somebody writes by hand."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)  # a lookup that PostgreSQL refuses would spoil the test's own


@pytest.mark.parametrize(
    "address",
    [
        "/admin/orders/order/?number__regex=(",
        "/admin/invoices/invoice/?number__regex=(",
        "/admin/orders/shippingmethod/%00/change/",
        "/admin/orders/shippingmethod/%00/history/",
    ],
)
def test_what_postgresql_cannot_look_up_is_a_bad_request(client: Client, address: str) -> None:
    client.force_login(User.objects.create(email="ada@example.com", is_staff=True, is_superuser=True))
    answer = client.get(address)
    assert answer.status_code == 400
    assert "Bad Request" in answer.content.decode()
