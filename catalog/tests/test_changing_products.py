"""Replacing, changing and deleting products: who was overtaken is told, stock is never touched, orders keep theirs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db.models import Sum
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Change, Product, StockMovement, Variant
from catalog.tests.racing import at_once
from events.models import Event

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]
MUG: dict[str, Any] = {"code": "MUG", "name": "Mug", "price": "12.90", "stock": 7, "tax_rate": "19.00"}
ADDRESS = {"name": "Gus", "line1": "2 Harbour Road", "city": "Hamburg", "postal_code": "20457", "country": "DE"}


@pytest.fixture
def staff_client(client_of: ClientOf, staff: User) -> APIClient:
    return client_of(staff)


@pytest.fixture
def path(staff_client: APIClient) -> str:
    made = staff_client.post("/products", MUG)
    assert made.status_code == 201, made.content
    return str(made["Location"])


@pytest.fixture
def two_sizes(staff_client: APIClient) -> str:
    variants = [{"sku": "S", "price": "5.00", "stock": 3}, {"sku": "L", "price": "8.00", "stock": 4}]
    return str(staff_client.post("/products", {"code": "BOWL", "name": "Bowl", "variants": variants})["Location"])


def order(*skus: str) -> int:
    body = {
        "items": [{"sku": sku, "quantity": 1} for sku in skus],
        "email": "gus@example.com",
        "payment_method": "cash",
        "shipping": {"method": "economic", "address": ADDRESS},
    }
    return int(APIClient().post("/orders", body, format="json").status_code)


def refused(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_patch_changes_what_it_names_and_answers_what_a_get_would(staff_client: APIClient, path: str) -> None:
    before = staff_client.get(path).json()
    changed = staff_client.patch(path, {"name": "Better mug", "price": "9.90", "attributes": {"colour": "red"}})
    after = changed.json()
    assert {key for key in after if after[key] != before[key]} == {
        "name", "price", "variants", "attributes", "updated_at"
    }  # fmt: skip
    read = staff_client.get(path)
    assert (read.json(), read["ETag"]) == (after, changed["ETag"])


def test_put_writes_the_whole_anew_and_leaves_stock_alone(staff_client: APIClient, path: str) -> None:
    staff_client.patch(path, {"description": "Old", "attributes": {"colour": "red"}})
    put = staff_client.put(path, {"code": "MUG", "name": "Mug", "price": "1.00"}).json()
    assert (put["description"], put["attributes"], put["tax_rate"]) == ("", {}, "0.00")
    assert put["variants"] == [{"sku": "MUG", "price": "1.00", "stock": 7, "attributes": {}}]


def test_put_with_variants_adds_changes_and_removes_them(staff_client: APIClient, two_sizes: str) -> None:
    large = {"sku": "l", "price": "9.00", "attributes": {"size": "L"}}
    put = staff_client.put(
        two_sizes, {"code": "BOWL", "name": "Bowl", "variants": [large, {"sku": "XL", "price": "3"}]}
    )
    assert put.json()["variants"] == [
        {"sku": "L", "price": "9.00", "stock": 4, "attributes": {"size": "L"}},
        {"sku": "XL", "price": "3.00", "stock": 0, "attributes": {}},
    ]
    assert put.json()["price"] == "3.00"
    assert not Variant.objects.filter(sku="S").exists()


@pytest.mark.parametrize("method", ["put", "patch"])
def test_neither_put_nor_patch_takes_a_stock(staff_client: APIClient, path: str, method: str) -> None:
    body = {"code": "MUG", "name": "Mug", "price": "1.00", "stock": 99}
    answer = getattr(staff_client, method)(path, body)
    assert refused(answer) == (400, "validation_error")
    assert answer.json()["errors"][0]["field"] == "stock"
    assert Variant.objects.get().stock == 7


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_who_was_overtaken_is_told_and_changes_nothing(staff_client: APIClient, path: str, method: str) -> None:
    old = staff_client.get(path)["ETag"]
    new = staff_client.patch(path, {"name": "Theirs"})["ETag"]
    body = {"code": "MUG", "name": "Mine", "price": "1.00"}
    assert refused(getattr(staff_client, method)(path, body, headers={"If-Match": old})) == (412, "precondition_failed")
    assert staff_client.get(path).json()["name"] == "Theirs"
    assert getattr(staff_client, method)(path, body, headers={"If-Match": new}).status_code in (200, 204)


def test_a_variant_is_held_to_its_products_etag(staff_client: APIClient, path: str) -> None:
    old = staff_client.get(path)["ETag"]
    staff_client.patch(path, {"name": "Theirs"})
    for method, address in (("patch", "/variants/MUG"), ("delete", "/variants/MUG"), ("post", f"{path}/variants")):
        body = {"sku": "NEW", "price": "1.00"} if method == "post" else {"price": "1.00"}
        answer = getattr(staff_client, method)(address, body, headers={"If-Match": old})
        assert refused(answer) == (412, "precondition_failed")


@pytest.mark.django_db(transaction=True)
def test_of_two_who_change_one_product_at_once_one_is_told_412(client_of: ClientOf, staff: User, path: str) -> None:
    clients = [client_of(staff) for _ in range(2)]
    for round in range(3):
        header = {"If-Match": clients[0].get(path)["ETag"]}

        def change(number: int, header: dict[str, str], round: int) -> int:
            return int(clients[number].patch(path, {"name": f"{round}-{number}"}, headers=header).status_code)

        assert sorted(at_once([partial(change, number, header, round) for number in range(2)])) == [200, 412]
    assert Product.objects.get().version == 4


def test_a_sale_in_between_is_no_overtaking(staff_client: APIClient, path: str) -> None:
    seen = staff_client.get(path)["ETag"]
    assert order("MUG") == 201
    changed = staff_client.patch(path, {"name": "Better mug"}, headers={"If-Match": seen})
    assert changed.status_code == 200
    assert changed.json()["variants"][0]["stock"] == 6


def test_what_changes_nothing_leaves_no_trace(staff_client: APIClient, path: str) -> None:
    before = staff_client.get(path)
    for same in ({"name": "Mug"}, {"price": "12.9"}, {}, {"tax_rate": "19"}, {"code": "MUG", "slug": "mug"}):
        assert staff_client.patch(path, same)["ETag"] == before["ETag"]
    assert staff_client.patch("/variants/mug", {"sku": " mug ", "price": "12.900"}).status_code == 200
    assert staff_client.get(path).json() == before.json()
    assert list(Event.objects.values_list("type", flat=True)) == ["ProductCreated"]
    assert Change.objects.count() == 1


@pytest.mark.parametrize("method", ["put", "patch"])
def test_what_another_product_has_is_409_by_its_name(staff_client: APIClient, path: str, method: str) -> None:
    other = staff_client.post("/products", MUG | {"code": "CUP", "name": "Cup"})["Location"]
    body = {"code": "CUP", "name": "Cup", "price": "1.00"} if method == "put" else {}
    call = getattr(staff_client, method)
    assert refused(call(other, body | {"code": "mug"})) == (409, "code_taken")
    assert refused(call(other, body | {"slug": "mug"})) == (409, "slug_taken")
    put = {"code": "CUP", "name": "Cup", "variants": [{"sku": "mug", "price": "1.00"}]}
    assert refused(staff_client.put(other, put)) == (409, "sku_taken")
    assert refused(staff_client.patch("/variants/CUP", {"sku": "mug"})) == (409, "sku_taken")
    assert refused(staff_client.post(f"{other}/variants", {"sku": "mug", "price": "1.00"})) == (409, "sku_taken")
    assert staff_client.get(other).json()["code"] == "CUP"


def test_a_product_with_several_variants_has_no_price_of_its_own_to_change(
    staff_client: APIClient, two_sizes: str
) -> None:
    answer = staff_client.patch(two_sizes, {"price": "1.00"})
    assert [(row["field"], row["code"]) for row in answer.json()["errors"]] == [("price", "several_variants")]


def test_a_product_that_was_never_ordered_is_gone_with_its_variants(staff_client: APIClient, path: str) -> None:
    assert staff_client.delete(path).status_code == 204
    assert staff_client.get(path).status_code == staff_client.delete(path).status_code == 404
    assert not Variant.objects.exists()
    assert Event.objects.get(type="ProductDeleted").data["archived"] is False


def test_one_that_was_ever_ordered_is_archived_once(staff_client: APIClient, guest: APIClient, path: str) -> None:
    assert order("MUG") == 201
    for _ in range(2):
        assert staff_client.delete(path).status_code == 204
    assert guest.get(path).status_code == 404
    assert staff_client.get(path).json()["status"] == "archived"
    assert order("MUG") == 404
    assert Event.objects.get(type="ProductDeleted").data["archived"] is True


def test_an_ordered_variant_and_the_last_one_stay(staff_client: APIClient, two_sizes: str) -> None:
    assert order("S") == 201
    put = {"code": "BOWL", "name": "Bowl", "variants": [{"sku": "L", "price": "1.00"}]}
    assert refused(staff_client.put(two_sizes, put)) == (409, "variant_ordered")
    assert refused(staff_client.delete("/variants/S")) == (409, "variant_ordered")
    assert staff_client.delete("/variants/l").status_code == 204
    assert refused(staff_client.delete("/variants/S")) == (409, "last_variant")
    assert staff_client.delete("/variants/L").status_code == 404
    assert [row["sku"] for row in staff_client.get(two_sizes).json()["variants"]] == ["S"]


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_only_staff_write(guest: APIClient, client_of: ClientOf, customer: User, path: str, method: str) -> None:
    assert getattr(guest, method)(path, {}).status_code == 401
    assert getattr(client_of(customer), method)(path, {}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_products_are_changed_and_ordered_at_once_without_a_deadlock(
    client_of: ClientOf, staff: User, staff_client: APIClient, two_sizes: str
) -> None:
    for sku in ("S", "L"):
        staff_client.post(f"/variants/{sku}/stock", {"delta": 100, "reason": "received"})
    clients = [client_of(staff) for _ in range(3)]

    def change(number: int) -> list[int]:
        return [clients[number].patch(two_sizes, {"name": f"{number} {n}"}).status_code for n in range(6)]

    def buy(skus: tuple[str, ...]) -> list[int]:
        return [order(*skus) for _ in range(6)]

    calls = [*(partial(change, n) for n in range(3)), *(partial(buy, skus) for skus in (("S", "L"), ("L", "S")) * 2)]
    answers = at_once(calls)
    assert Counter(status for some in answers for status in some) == {200: 18, 201: 24}
    assert dict(Variant.objects.values_list("sku", "stock")) == {"S": 79, "L": 80}
    for variant in Variant.objects.all():
        assert StockMovement.objects.filter(variant=variant).aggregate(all=Sum("delta"))["all"] == variant.stock


def test_a_sku_that_a_sibling_has_is_taken_too(staff_client: APIClient, two_sizes: str) -> None:
    assert refused(staff_client.post(f"{two_sizes}/variants", {"sku": "s", "price": "1.00"})) == (409, "sku_taken")
    assert refused(staff_client.patch("/variants/L", {"sku": "s"})) == (409, "sku_taken")
    assert [row["sku"] for row in staff_client.get(two_sizes).json()["variants"]] == ["S", "L"]
