"""`/me/addresses`: a person's own address book."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from rest_framework.test import APIClient

from accounts.models import Address, User

ClientOf = Callable[[User], APIClient]
BOOK = "/me/addresses"
HOME = {
    "name": "Carla Customer",
    "line1": "1 Quay Street",
    "line2": "",
    "city": "Hamburg",
    "region": "",
    "postal_code": "20457",
    "country": "DE",
}


@pytest.fixture
def client(customer: User, client_of: ClientOf) -> APIClient:
    return client_of(customer)


def add(client: APIClient, **facts: Any) -> dict[str, Any]:
    answer = client.post(BOOK, HOME | facts)
    assert answer.status_code == 201, answer.json()
    body: dict[str, Any] = answer.json()
    return body | {"at": answer["Location"], "etag": answer["ETag"]}


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def defaults(client: APIClient) -> dict[str, tuple[bool, bool]]:
    rows = client.get(BOOK).json()["results"]
    return {row["name"]: (row["default_shipping"], row["default_billing"]) for row in rows}


def test_an_address_is_written_down_and_read_again(client: APIClient) -> None:
    added = add(client, default_shipping=True)

    answer = client.get(added["at"])
    assert answer.status_code == 200
    assert answer.json() == {name: value for name, value in added.items() if name not in ("at", "etag")}
    assert answer.json().items() >= {**HOME, "default_shipping": True, "default_billing": False}.items()
    assert answer["ETag"] == added["etag"]
    assert client.get(added["at"], headers={"If-None-Match": added["etag"]}).status_code == 304
    assert client.get(BOOK).json() == {"next": None, "previous": None, "results": [answer.json()]}


def test_what_may_be_left_out_is_empty(client: APIClient) -> None:
    asked = {name: HOME[name] for name in ("name", "line1", "city", "postal_code", "country")}
    body = client.post(BOOK, asked).json()

    assert body.items() >= HOME.items()
    assert (body["default_shipping"], body["default_billing"]) == (False, False)


def test_pages_are_read_by_one_query_beside_the_caller(client: APIClient, django_assert_num_queries: Any) -> None:
    names = [add(client, name=f"Number {n}")["name"] for n in range(5)]

    with django_assert_num_queries(2):
        first = client.get(BOOK, {"limit": 3}).json()
    second = client.get(first["next"]).json()
    shown = [row["name"] for row in first["results"] + second["results"]]

    assert shown == names[::-1]
    assert second["next"] is None


def test_a_default_is_taken_over_and_never_shared(client: APIClient) -> None:
    home = add(client, name="Home", default_shipping=True, default_billing=True)
    office = add(client, name="Office", default_shipping=True)
    assert defaults(client) == {"Home": (False, True), "Office": (True, False)}

    assert client.patch(home["at"], {"default_shipping": True}).status_code == 200
    assert defaults(client) == {"Home": (True, True), "Office": (False, False)}

    assert client.patch(home["at"], {"default_shipping": False}).json()["default_shipping"] is False
    assert defaults(client) == {"Home": (False, True), "Office": (False, False)}
    assert client.get(office["at"])["ETag"] != office["etag"]


@pytest.mark.parametrize("default", ["default_shipping", "default_billing"])
def test_the_database_itself_holds_one_default_of_each_kind(client: APIClient, customer: User, default: str) -> None:
    add(client, **{default: True})

    with pytest.raises(IntegrityError, match=f"one_{default}_address"), transaction.atomic():
        Address.objects.create(user=customer, **HOME, **{default: True})


def test_a_change_leaves_the_rest_and_the_same_again_leaves_no_trace(client: APIClient) -> None:
    added = add(client, default_billing=True)

    changed = client.patch(added["at"], {"line1": "7 Quay Street"})
    assert changed.status_code == 200
    assert changed.json().items() >= {**HOME, "line1": "7 Quay Street", "default_billing": True}.items()
    assert changed.json()["updated_at"] > added["updated_at"]
    assert changed["ETag"] == client.get(added["at"])["ETag"] != added["etag"]

    again = client.patch(added["at"], {"line1": "7 Quay Street", "default_billing": True, "postal_code": "D-20457"})
    assert (again.status_code, again["ETag"]) == (200, changed["ETag"])


def test_the_code_must_be_one_of_the_country_that_the_address_then_has(client: APIClient) -> None:
    added = add(client)

    answer = client.patch(added["at"], {"country": "NL"})
    assert refusal(answer) == (400, "validation_error")
    assert [error["field"] for error in answer.json()["errors"]] == ["postal_code"]
    assert refusal(client.patch(added["at"], {"postal_code": ""})) == (400, "validation_error")
    assert client.get(added["at"])["ETag"] == added["etag"]

    moved = client.patch(added["at"], {"country": "NL", "postal_code": "1012jk", "city": "Amsterdam"})
    assert (moved.status_code, moved.json()["postal_code"]) == (200, "1012 JK")


def test_it_is_deleted(client: APIClient) -> None:
    added, kept = add(client, default_shipping=True), add(client, name="Kept")

    assert client.delete(added["at"]).status_code == 204

    assert refusal(client.get(added["at"])) == (404, "address_not_found")
    assert refusal(client.delete(added["at"])) == (404, "address_not_found")
    assert defaults(client) == {kept["name"]: (False, False)}


def test_who_has_been_overtaken_changes_nothing(client: APIClient) -> None:
    added = add(client)
    seen = {"If-Match": added["etag"]}
    assert client.patch(added["at"], {"city": "Bremen"}, headers=seen).status_code == 200

    assert client.patch(added["at"], {"city": "Kiel"}, headers=seen).status_code == 412
    assert client.delete(added["at"], headers=seen).status_code == 412
    assert Address.objects.get().city == "Bremen"


def test_an_address_sent_twice_with_a_key_is_one(client: APIClient) -> None:
    key = {"Idempotency-Key": "once"}
    first, again = (client.post(BOOK, HOME, headers=key) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 201)
    assert again["Idempotency-Replayed"] == "true"
    assert (again.json(), again["Location"], again["ETag"]) == (first.json(), first["Location"], first["ETag"])
    assert Address.objects.count() == 1
    assert refusal(client.post(BOOK, HOME | {"city": "Kiel"}, headers=key)) == (422, "idempotency_key_reused")


def test_others_see_and_change_nothing(
    client: APIClient, other_customer: User, staff: User, client_of: ClientOf
) -> None:
    at = add(client)["at"]

    for other in (client_of(other_customer), client_of(staff)):
        assert other.get(BOOK).json()["results"] == []
        for answer in (other.get(at), other.patch(at, {"city": "Kiel"}), other.delete(at)):
            assert refusal(answer) == (404, "address_not_found")
    assert refusal(client.get(f"{BOOK}/{uuid4()}")) == (404, "address_not_found")
    assert Address.objects.get().city == "Hamburg"


def test_a_book_has_fifty_addresses_and_no_more(client: APIClient, customer: User) -> None:
    Address.objects.bulk_create(Address(user=customer, **HOME) for _ in range(49))
    last = add(client)

    assert refusal(client.post(BOOK, HOME)) == (409, "too_many_addresses")

    client.delete(last["at"])
    assert client.post(BOOK, HOME).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_changes_at_once_keep_the_bound_and_one_default(customer: User, client_of: ClientOf) -> None:
    Address.objects.bulk_create(Address(user=customer, **HOME) for _ in range(46))
    answers: list[int] = []

    def post(client: APIClient) -> None:
        answers.append(client.post(BOOK, HOME | {"default_shipping": True}).status_code)
        connection.close()

    threads = [Thread(target=post, args=(client_of(customer),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [201] * 4 + [409] * 4
    assert Address.objects.count() == 50
    assert Address.objects.filter(default_shipping=True).count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**HOME, "country": "Germany"}, "country"),
        ({**HOME, "country": "de"}, "country"),
        ({**HOME, "name": ""}, "name"),
        ({**HOME, "line1": "a\nb"}, "line1"),
        ({**HOME, "city": "x" * 81}, "city"),
        ({**HOME, "postal_code": 20457}, "postal_code"),
        ({**HOME, "postal_code": None}, "postal_code"),
        ({**HOME, "default_shipping": "yes"}, "default_shipping"),
        ({**HOME, "planet": "Earth"}, "planet"),
        ({**HOME, "id": str(uuid4())}, "id"),
        ([], ""),
    ],
)
def test_it_names_the_field_that_is_wrong(client: APIClient, body: Any, field: str) -> None:
    answer = client.post(BOOK, body)

    assert refusal(answer) == (400, "validation_error")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Address.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"), [({"country": None}, "country"), ({"name": " "}, "name"), ({"user": "me"}, "user")]
)
def test_a_bad_change_names_the_field_that_is_wrong(client: APIClient, change: Any, field: str) -> None:
    answer = client.patch(add(client)["at"], change)

    assert refusal(answer) == (400, "validation_error")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
