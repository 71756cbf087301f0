"""Running an import: asked for over HTTP, worked on by whoever gets the message, dead in the middle, done once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from catalog.imports import running, services
from catalog.imports.running import RunElsewhere
from catalog.models import Change, Import, Product, RejectedRow, StockMovement, Variant
from catalog.products.services import VariantFacts, create_product
from catalog.tests.importing import HEADER, counts, exported, messages, send, taken_over, work
from catalog.tests.racing import wait_for_a_lock
from events.models import Event, Inbox
from events.tests.delivering import deliver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def client(client_of: Callable[[User], APIClient], staff: User) -> APIClient:
    return client_of(staff)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "BATCH", 3)


def rows(count: int, price: str = "1.00") -> str:
    return f"{HEADER},stock\n" + "".join(f"C-{number:03},Cup {number},{price},{number}\n" for number in range(count))


def end() -> tuple[Any, ...]:
    """All that an import leaves behind, but for ids and times."""
    return (
        list(Variant.objects.order_by("sku").values_list("sku", "product__name", "price", "stock", "product__version")),
        sorted(Change.objects.values_list("name", "action")),
        sorted(StockMovement.objects.values_list("variant__sku", "delta", "balance")),
        sorted(Event.objects.filter(type__startswith="Product").values_list("type", "data__code")),
        sorted(RejectedRow.objects.values_list("row", "column", "code")),
    )


def break_at(sku: str) -> None:
    """From now on the database refuses this SKU, until `mend`: a batch that has it fails after half of its work."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE catalog_variant ADD CONSTRAINT broken CHECK (sku <> '{sku}') NOT VALID")


def mend() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_variant DROP CONSTRAINT IF EXISTS broken")


@pytest.fixture
def mended() -> Iterator[None]:
    yield
    mend()


def test_it_is_queued_with_an_address_to_follow_it(client: APIClient, staff: User) -> None:
    answer = send(client, rows(2))
    body = answer.json()
    assert (answer.status_code, answer["Location"]) == (202, f"/imports/{body['id']}")
    assert (body["kind"], body["status"], body["done"], body["rejected"]) == ("products", "queued", 0, [])
    assert client.get(answer["Location"]).json() == body
    assert [(event.subject, event.data["done"]) for event in messages()] == [(f"import/{body['id']}", 0)]
    assert Import.objects.get().by == staff.email


def test_the_address_tells_what_has_not_changed(client: APIClient) -> None:
    answer = send(client, rows(1))
    etag = client.get(answer["Location"])["ETag"]
    assert client.get(answer["Location"], headers={"If-None-Match": etag}).status_code == 304
    work()
    assert client.get(answer["Location"], headers={"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/products/import"),
        ("get", "/products/export"),
        ("get", "/imports"),
        ("get", "/imports/01a20ae2-ffe5-705c-aef1-d4ba14e6b7fa"),
    ],
)
def test_imports_and_exports_are_for_staff(
    method: str, path: str, guest: APIClient, customer: User, client_of: Callable[[User], APIClient]
) -> None:
    answers = [getattr(who, method)(path).status_code for who in (guest, client_of(customer))]
    assert answers == [401, 403]


def test_an_import_that_is_not_there_is_404(client: APIClient) -> None:
    assert client.get("/imports/01a20ae2-ffe5-705c-aef1-d4ba14e6b7fa").status_code == 404


def test_a_second_import_waits_for_the_end_of_the_first(client: APIClient) -> None:
    first = send(client, rows(1)).json()
    refused = send(client, rows(2))
    assert (refused.status_code, refused.json()["code"]) == (409, "import_running")
    assert refused.json()["import_id"] == first["id"]
    work()
    assert counts(taken_over(client, rows(2))) == ("done", 1, 0, 1, 0)


def test_the_same_key_starts_one_import(client: APIClient) -> None:
    key = {"Idempotency-Key": "once"}
    first, again = send(client, rows(1), headers=key), send(client, rows(1), headers=key)
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert Import.objects.count() == 1
    other = send(client, rows(2), headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("parts", "field", "code"),
    [
        ({}, "file", "required"),
        ({"file": "code,name,price"}, "file", "invalid"),
        ({"dry_run": "yes"}, "dry_run", "invalid"),
        ({"colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_a_body_that_is_wrong_is_refused(client: APIClient, parts: dict[str, Any], field: str, code: str) -> None:
    if field != "file":
        parts = {"file": SimpleUploadedFile("a.csv", b"x"), **parts}
    answer = client.post("/products/import", parts, format="multipart")
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        [answer.json()["errors"][0] | {"field": field, "code": code}],
    )


def test_a_body_of_another_type_is_415(client: APIClient) -> None:
    assert client.post("/products/import", {"file": "x"}).status_code == 415


def test_a_file_over_fifty_mebibytes_is_413_and_nothing_is_begun(client: APIClient) -> None:
    answer = send(client, b"x" * (services.MAX_BYTES + 1))
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert not Import.objects.exists()


def test_a_file_store_that_is_away_is_503_and_nothing_is_begun(client: APIClient, settings: Settings) -> None:
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    answer = send(client, rows(1))
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert not Import.objects.exists()


def test_a_file_store_that_is_away_later_is_waited_for(client: APIClient, settings: Settings) -> None:
    send(client, rows(1))
    there, settings.AWS_ENDPOINT_URL = settings.AWS_ENDPOINT_URL, "http://127.0.0.1:9"
    (message,) = messages()
    with pytest.raises(Exception, match="Could not connect"):
        deliver(message, "imports")
    assert Import.objects.get().status == "queued"
    settings.AWS_ENDPOINT_URL = there
    deliver(message, "imports")
    assert Import.objects.get().status == "done"


def test_imports_are_listed_newest_first_in_pages(client: APIClient) -> None:
    ids = [taken_over(client, rows(1))["id"] for _ in range(3)]
    page = client.get("/imports?limit=2").json()
    assert [one["id"] for one in page["results"]] == [ids[2], ids[1]]
    assert [one["id"] for one in client.get(page["next"]).json()["results"]] == [ids[0]]
    assert "rejected" not in page["results"][0]


def test_a_second_run_of_the_same_file_changes_nothing(client: APIClient, small_batches: None) -> None:
    taken_over(client, rows(10))
    before = end()
    assert counts(taken_over(client, rows(10))) == ("done", 0, 0, 10, 0)
    assert end() == before


def test_a_long_import_goes_on_by_messages_of_its_own(
    client: APIClient, small_batches: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "SECONDS", 0)
    answer = send(client, rows(7) + "BAD,Bad,-1,0\nC-000,Cup 0,1.00,0\n")
    seen = []
    while waiting := messages():
        deliver(waiting[0], "imports")
        seen.append(client.get(answer["Location"]).json()["done"])
    assert seen == [3, 6, 9]
    body = client.get(answer["Location"]).json()
    assert counts(body) == ("done", 7, 0, 0, 2)
    assert [one["row"] for one in body["rejected"]] == [9, 10]


def test_a_worker_that_died_in_a_batch_is_followed_by_one_that_goes_on_there(
    client: APIClient, small_batches: None, mended: None
) -> None:
    content = rows(10) + "BAD,Bad,-1,0\nC-009,Again,1,1\n"
    answer = send(client, content)
    (message,) = messages()
    break_at("C-007")
    with pytest.raises(Exception, match="broken"):
        deliver(message, "imports")
    half = client.get(answer["Location"]).json()
    assert (half["status"], half["done"], Product.objects.count()) == ("running", 6, 6)
    mend()
    deliver(message, "imports")
    assert counts(client.get(answer["Location"]).json()) == ("done", 10, 0, 0, 2)
    broken = end()
    for model in (StockMovement, Variant, Product, Change, RejectedRow, Event, Inbox, Import):
        model.objects.all().delete()
    taken_over(client, content)
    assert end() == broken


def test_a_message_that_comes_again_after_the_end_does_nothing(client: APIClient) -> None:
    send(client, rows(2))
    (message,) = messages()
    deliver(message, "imports")
    before = end()
    Inbox.objects.all().delete()
    deliver(message, "imports")
    assert end() == before


def test_of_two_workers_with_one_import_one_gives_way_and_no_row_is_done_twice(
    client: APIClient, small_batches: None
) -> None:
    send(client, rows(6))
    (message,) = messages()
    outcomes: list[str] = []
    start = threading.Barrier(2)

    def go() -> None:
        try:
            start.wait(20)
            running.run(Import.objects.get().id)
            outcomes.append("done")
        except RunElsewhere:
            outcomes.append("gave way")
        finally:
            connections.close_all()

    workers = [threading.Thread(target=go) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert "done" in outcomes and len(outcomes) == 2
    job = Import.objects.get()
    assert (job.status, job.done, job.created, job.unchanged) == ("done", 6, 6, 0)
    assert (Product.objects.count(), Event.objects.filter(type="ProductCreated").count()) == (6, 6)
    deliver(message, "imports")
    assert Import.objects.get().created == 6


def test_somebody_who_changes_a_product_meanwhile_is_not_overwritten(client: APIClient) -> None:
    """Another connection holds the product while the import has read it; both changes are in at the end."""
    product = create_product(code="A", name="A", variants=[VariantFacts(sku="A", price=Decimal(1), stock=5)], by="test")
    send(client, f"{HEADER}\nA,A,2\n")
    (message,) = messages()
    address = connection.get_connection_params()
    for ours in ("cursor_factory", "context", "prepare_threshold"):
        address.pop(ours, None)
    with psycopg.connect(**address) as other:
        other.execute("UPDATE catalog_variant SET stock = 4 WHERE sku = 'A'")
        other.execute("UPDATE catalog_product SET description = 'meanwhile' WHERE code = 'A'")

        def go() -> None:
            deliver(message, "imports")
            connections.close_all()

        worker = threading.Thread(target=go)
        worker.start()
        wait_for_a_lock()
        other.commit()
        worker.join(60)
    product.refresh_from_db()
    assert (product.description, product.price, Variant.objects.get().stock) == ("meanwhile", Decimal(2), 4)
    assert Import.objects.get().updated == 1


def test_an_import_that_staff_give_up_stops_and_frees_the_way(client: APIClient, staff: User) -> None:
    first = send(client, rows(1)).json()
    assert services.give_up(import_id=Import.objects.get().id, by=staff.email)
    work()
    body = client.get(f"/imports/{first['id']}").json()
    assert (body["status"], body["done"], staff.email in body["error"]) == ("failed", 0, True)
    assert not Product.objects.exists()
    assert counts(taken_over(client, rows(1))) == ("done", 1, 0, 0, 0)


def test_an_export_of_what_was_imported_is_what_was_sent(client: APIClient) -> None:
    taken_over(client, rows(3))
    content = exported(client)
    assert counts(taken_over(client, content)) == ("done", 0, 0, 3, 0)
    assert exported(client) == content
