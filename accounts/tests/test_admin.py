"""The admin: who gets in, and what they may do with people."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import User
from accounts.tests.conftest import PASSWORD, Pool, StandIn

pytestmark = pytest.mark.django_db
PEOPLE = "/admin/accounts/user/"


def sign_in(client: Client, email: str, password: str = PASSWORD) -> Any:
    return client.post("/admin/login/?next=/admin/", {"username": email, "password": password})


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.backends.CognitoBackend")
    return client


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_user("ada@example.com", cognito_sub="sub-ada", is_staff=True, is_superuser=True)


@pytest.mark.parametrize(("group", "is_superuser"), [("staff", False), ("admin", True)])
def test_staff_and_admins_sign_in_with_their_cognito_password(
    client: Client, pool: Pool, group: str, is_superuser: bool
) -> None:
    answer = sign_in(client, pool.new_user(group))
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert client.get("/admin/").status_code == 200
    user = User.objects.get()
    assert (user.is_staff, user.is_superuser) == (True, is_superuser)


def test_the_form_asks_for_an_email_address(client: Client) -> None:
    page = client.get("/admin/login/").content.decode()
    assert "Email" in page
    assert "Username" not in page


def test_a_customer_does_not_get_in(client: Client, pool: Pool) -> None:
    answer = sign_in(client, pool.new_user())
    assert answer.status_code == 200
    assert "staff account" in answer.content.decode()
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize("password", ["wrong", " ", "x" * 5000])
def test_a_wrong_password_does_not_get_in(client: Client, pool: Pool, password: str) -> None:
    answer = sign_in(client, pool.new_user("staff"), password)
    assert answer.status_code == 200
    assert client.get("/admin/").status_code == 302


def test_while_cognito_is_away_the_form_says_so_and_the_emergency_account_works(
    client: Client, cognito: StandIn
) -> None:
    User.objects.create_superuser("glass@example.com", "break-in-case-of-fire")
    cognito.shutdown()
    cognito.server_close()
    answer = sign_in(client, "stella@example.com")
    assert answer.status_code == 200
    assert "Sign-in cannot be checked right now" in answer.content.decode()
    assert sign_in(client, "glass@example.com", "break-in-case-of-fire").status_code == 302
    assert client.get("/admin/").status_code == 200


def test_who_is_blocked_in_the_shop_is_told_so(client: Client, pool: Pool) -> None:
    email = pool.new_user("staff")
    sign_in(client, email)
    User.objects.update(is_active=False)
    assert client.get("/admin/").status_code == 302
    assert "This account is blocked" in sign_in(Client(), email).content.decode()


def test_staff_see_the_shops_pages_and_not_djangos(staff: User) -> None:
    page = signed_in(staff).get("/admin/")
    assert page.status_code == 200
    apps = {app["app_label"] for app in page.context["available_apps"]}
    assert {"accounts", "catalog", "orders", "invoices"} <= apps
    assert "auth" not in apps


def test_staff_find_people_and_block_them_and_let_them_in_again(
    staff: User, customer: User, other_customer: User
) -> None:
    client = signed_in(staff)
    found = client.get(PEOPLE, {"q": "carla"}).content.decode()
    assert customer.email in found
    assert other_customer.email not in found
    for action, allowed_in in (("block", False), ("let_in", True)):
        client.post(PEOPLE, {"action": action, "_selected_action": [str(customer.pk)]})
        customer.refresh_from_db()
        assert customer.is_active is allowed_in
    assert LogEntry.objects.filter(object_id=str(customer.pk), user=staff).count() == 2


def test_staff_block_neither_themselves_nor_other_staff(staff: User, admin: User) -> None:
    client = signed_in(staff)
    client.post(PEOPLE, {"action": "block", "_selected_action": [str(admin.pk), str(staff.pk)]})
    assert User.objects.filter(is_active=True).count() == 2
    client.post(f"{PEOPLE}{admin.pk}/change/", {"name": "Hacked", "language": "en"})
    admin.refresh_from_db()
    assert admin.name == ""


def test_an_admin_blocks_staff_but_not_themselves(staff: User, admin: User) -> None:
    signed_in(admin).post(PEOPLE, {"action": "block", "_selected_action": [str(admin.pk), str(staff.pk)]})
    assert list(User.objects.filter(is_active=True)) == [admin]


def test_what_cognito_owns_is_shown_and_not_changed(admin: User, customer: User) -> None:
    client, address = signed_in(admin), f"{PEOPLE}{customer.pk}/change/"
    page = client.get(address).content.decode()
    assert "sub-carla" in page
    assert "password" not in page.lower().replace("password_change", "")
    client.post(
        address,
        {
            "name": "Carla C.",
            "language": "de",
            "is_active": "on",
            "email": "thief@example.com",
            "cognito_sub": "sub-thief",
            "is_staff": "on",
            "is_superuser": "on",
        },
    )
    customer.refresh_from_db()
    assert (customer.name, customer.language) == ("Carla C.", "de")
    assert (customer.email, customer.cognito_sub, customer.is_staff) == ("carla@example.com", "sub-carla", False)


def test_people_are_neither_made_nor_deleted_here(admin: User, customer: User) -> None:
    client = signed_in(admin)
    assert client.get(f"{PEOPLE}add/").status_code == 403
    assert client.post(f"{PEOPLE}{customer.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(PEOPLE, {"action": "delete_selected", "_selected_action": [str(customer.pk)], "post": "yes"})
    assert User.objects.filter(pk=customer.pk).exists()


def test_an_admin_alone_releases_a_sign_in(staff: User, admin: User, customer: User) -> None:
    release = {"action": "release_sign_in", "_selected_action": [str(customer.pk)]}
    signed_in(staff).post(PEOPLE, release)
    customer.refresh_from_db()
    assert customer.cognito_sub == "sub-carla"
    signed_in(admin).post(PEOPLE, release)
    customer.refresh_from_db()
    assert customer.cognito_sub is None


def test_the_list_costs_the_same_whatever_its_length(admin: User, django_assert_max_num_queries: Any) -> None:
    client = signed_in(admin)
    User.objects.bulk_create(User(email=f"{n}@example.com") for n in range(80))
    with django_assert_max_num_queries(8):
        assert client.get(PEOPLE).status_code == 200


def test_the_address_without_a_slash_leads_there(client: Client) -> None:
    answer = client.get("/admin?next=1")

    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
