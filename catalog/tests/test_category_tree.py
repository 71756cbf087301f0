"""Branches of the tree: moved without a cycle, deleted when they are empty, and their products found by their names."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.categories.services import create_category
from catalog.categories.tree import MAX_DEPTH
from catalog.models import Category, CategoryAttribute, Product
from catalog.products.services import VariantFacts, create_product
from catalog.tests.racing import at_once
from events.consume import consume
from events.envelope import to_wire
from events.models import Event, Inbox

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], APIClient]
COLOUR = {"name": "colour", "type": "choice", "choices": ["red", "blue"]}


@pytest.fixture
def staff_client(client_of: ClientOf, staff: User) -> APIClient:
    return client_of(staff)


@pytest.fixture
def kitchen() -> Category:
    return create_category(name="Kitchen")


@pytest.fixture
def mugs(kitchen: Category) -> Category:
    return create_category(name="Mugs", parent="kitchen")


def product(code: str, category: str) -> Product:
    variants = [VariantFacts(sku=code, price=Decimal(1), stock=1)]
    return create_product(code=code, name=code, category=category, variants=variants, by="test")


def deliver(event: Event, position: int = 1) -> None:
    """Hands the event to the consumer as SQS would."""
    Event.objects.filter(id=event.id).update(position=position)
    event.refresh_from_db()
    consume("search", to_wire(event).decode())


def test_a_branch_moves_with_all_that_lies_below_it(staff_client: APIClient, guest: APIClient, mugs: Category) -> None:
    create_category(name="Garden")
    create_category(name="Small", parent="mugs")
    product("CUP", "small")
    moved = staff_client.patch("/categories/mugs", {"parent_id": "garden"})
    assert moved.status_code == 200
    assert [row["code"] for row in guest.get("/products?category=garden").json()["results"]] == ["CUP"]
    assert guest.get("/products?category=kitchen").json()["results"] == []
    path = guest.get("/products?expand=category").json()["results"][0]["category"]["path"]
    assert [step["slug"] for step in path] == ["garden", "mugs", "small"]


@pytest.mark.django_db(transaction=True)
def test_of_two_branches_that_move_into_each_other_at_once_one_does(client_of: ClientOf, staff: User) -> None:
    clients = [client_of(staff) for _ in range(2)]

    def move(client: APIClient, name: str, parent: str) -> Callable[[], int]:
        return lambda: int(client.patch(f"/categories/{name}", {"parent_id": parent}).status_code)

    for n in range(5):
        left, right = create_category(name=f"Left {n}").slug, create_category(name=f"Right {n}").slug
        assert sorted(at_once([move(clients[0], left, right), move(clients[1], right, left)])) == [200, 400]
        assert Category.objects.filter(slug__in=[left, right], parent=None).count() == 1


def test_the_tree_is_at_most_so_deep_also_by_moving_a_branch(staff_client: APIClient) -> None:
    parent = None
    for level in range(MAX_DEPTH):
        parent = create_category(name=f"Level {level}", parent=parent).slug
    deeper = staff_client.post("/categories", {"name": "Deeper", "parent_id": parent})
    assert (deeper.status_code, deeper.json()["errors"][0]["code"]) == (400, "too_deep")
    create_category(name="Top")
    pushed_down = staff_client.patch("/categories/level-0", {"parent_id": "top"})
    assert (pushed_down.status_code, pushed_down.json()["errors"][0]["code"]) == (400, "too_deep")


def test_only_an_empty_category_can_be_deleted(staff_client: APIClient, mugs: Category) -> None:
    product("CUP", "mugs")
    for name in ("kitchen", "mugs"):
        refused = staff_client.delete(f"/categories/{name}")
        assert (refused.status_code, refused.json()["code"]) == (409, "category_in_use")
    staff_client.patch("/categories/mugs", {"attributes": [COLOUR]})
    Product.objects.update(category=None)
    assert staff_client.delete("/categories/mugs").status_code == 204
    assert staff_client.delete("/categories/mugs").status_code == 404
    assert not CategoryAttribute.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_category_stays_while_a_product_is_on_its_way_into_it(client_of: ClientOf, staff: User) -> None:
    maker, remover = client_of(staff), client_of(staff)

    def make(n: int) -> int:
        body = {"code": f"CUP-{n}", "name": "Cup", "price": "1.00", "category": f"mugs-{n}"}
        return int(maker.post("/products", body).status_code)

    def remove(n: int) -> int:
        return int(remover.delete(f"/categories/mugs-{n}").status_code)

    for n in range(5):
        create_category(name=f"Mugs {n}")
        assert at_once([partial(make, n), partial(remove, n)]) in ([201, 409], [400, 204])


def test_a_renamed_branch_is_found_by_its_new_name_once_the_event_is_handled(
    staff_client: APIClient, guest: APIClient, mugs: Category
) -> None:
    product("CUP", "mugs")
    staff_client.patch("/categories/kitchen", {"name": "Scullery"})
    event = Event.objects.get(type="CategoryChanged")
    assert (event.subject, event.data["changed"], event.data["name"]) == (
        f"category/{mugs.parent_id}",
        ["name"],
        "Scullery",
    )
    deliver(event)
    assert [row["code"] for row in guest.get("/products?search=scullery").json()["results"]] == ["CUP"]
    assert guest.get("/products?search=kitchen").json()["results"] == []


def test_a_branch_of_any_size_is_refreshed_whole(
    staff_client: APIClient, guest: APIClient, mugs: Category, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.categories.handlers.BATCH", 2)
    for number in range(5):
        product(f"CUP-{number}", "mugs")
    staff_client.patch("/categories/mugs", {"name": "Beakers"})
    deliver(Event.objects.get(type="CategoryChanged"))
    assert len(guest.get("/products?search=beakers").json()["results"]) == 5
    assert Inbox.objects.get().done_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_branch_is_refreshed_and_its_products_changed_at_once_without_a_deadlock(
    client_of: ClientOf, staff: User, staff_client: APIClient, mugs: Category
) -> None:
    ids = [str(product(f"CUP-{number}", "mugs").id) for number in range(30)]
    for name in ("Beakers", "Cups", "Bowls", "Jugs"):
        staff_client.patch("/categories/mugs", {"name": name})
    events = list(Event.objects.filter(type="CategoryChanged"))
    client = client_of(staff)

    def refresh() -> list[int]:
        for number, event in enumerate(events, start=1):
            deliver(event, position=number)
        return []

    def change() -> list[int]:
        changes = [{"id": id} for id in reversed(ids)]
        bodies = ([one | {"description": f"{n}"} for one in changes] for n in range(4))
        return [client.post("/products/bulk", {"changes": body}).status_code for body in bodies]

    assert at_once([refresh, change]) == [[], [200] * 4]
