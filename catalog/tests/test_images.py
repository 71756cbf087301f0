"""Images of a product: uploaded, shown in order, changed and taken away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from catalog.images.services import MAX_IMAGES, add_image
from catalog.models import Change, Product, ProductImage
from catalog.products.shapes import ImageShape
from catalog.tests.gallery import a_product, objects, send, shown
from catalog.tests.pictures import jpeg, png
from events.models import Event
from storage import bucket

pytestmark = pytest.mark.django_db(transaction=True)
ClientOf = Callable[[User], APIClient]


@pytest.fixture
def staff_client(client_of: ClientOf, staff: User) -> APIClient:
    return client_of(staff)


@pytest.fixture
def mug() -> Product:
    return a_product()


def test_staff_give_a_product_an_image(
    staff_client: APIClient, guest: APIClient, mug: Product, settings: Settings
) -> None:
    answer = send(staff_client, mug, alt="A mug from the left")
    assert answer.status_code == 201
    body = answer.json()
    assert set(body) == set(ImageShape().fields)
    assert body["alt"] == "A mug from the left"
    assert body["url"].startswith(f"{settings.MEDIA_URL}products/{mug.id}/{body['id']}-")
    assert body["thumbnail_url"] == body["url"]
    assert shown(guest, mug) == [body]


def test_what_was_sent_is_stored_to_the_bit(staff_client: APIClient, mug: Product) -> None:
    content = jpeg()
    send(staff_client, mug, content)
    (image,) = ProductImage.objects.all()
    assert objects(mug) == [image.key]
    assert bucket.read(image.key) == content
    assert (image.width, image.height, image.size, image.content_type) == (600, 400, len(content), "image/jpeg")


def test_a_product_is_named_by_its_slug_too(staff_client: APIClient, mug: Product) -> None:
    parts = {"image": SimpleUploadedFile("a.png", png())}
    made = staff_client.post(f"/products/{mug.slug}/images", parts, format="multipart")
    assert made.status_code == 201
    assert staff_client.delete(f"/products/{mug.slug}/images/{made.json()['id']}").status_code == 204


def test_an_image_is_a_change_of_its_product(staff_client: APIClient, staff: User, mug: Product) -> None:
    body = send(staff_client, mug).json()
    event = Event.objects.get(type="ProductUpdated")
    assert (event.data["changed"], event.data["product"]["images"]) == (["images"], [body])
    change = Change.objects.get(action="updated")
    assert (change.by, change.changes) == (staff.email, {"images": [[], [body]]})
    mug.refresh_from_db()
    assert mug.version == 2


def test_images_come_in_their_order(staff_client: APIClient, guest: APIClient, mug: Product) -> None:
    for alt, place in (("first", {}), ("last", {}), ("new first", {"position": "0"}), ("second", {"position": "1"})):
        assert send(staff_client, mug, alt=alt, **place).status_code == 201
    assert [image["alt"] for image in shown(guest, mug)] == ["new first", "second", "first", "last"]
    assert list(ProductImage.objects.values_list("position", flat=True)) == [0, 1, 2, 3]


def test_a_place_beyond_the_end_is_the_last(staff_client: APIClient, guest: APIClient, mug: Product) -> None:
    send(staff_client, mug, alt="a", position="7")
    send(staff_client, mug, alt="b", position="19")
    assert [image["alt"] for image in shown(guest, mug)] == ["a", "b"]


def test_staff_change_text_and_place_of_an_image(staff_client: APIClient, guest: APIClient, mug: Product) -> None:
    ids = [send(staff_client, mug, alt=alt).json()["id"] for alt in "abc"]
    changed = staff_client.patch(f"/products/{mug.id}/images/{ids[2]}", {"alt": "C", "position": 0})
    assert changed.status_code == 200
    assert [image["alt"] for image in shown(guest, mug)] == ["C", "a", "b"]
    assert shown(guest, mug)[0] == changed.json()


def test_a_change_that_changes_nothing_leaves_no_trace(staff_client: APIClient, mug: Product) -> None:
    image = send(staff_client, mug, alt="a").json()
    before = Event.objects.count()
    assert staff_client.patch(f"/products/{mug.id}/images/{image['id']}", {"alt": "a", "position": 3}).json() == image
    assert Event.objects.count() == before


@pytest.mark.parametrize("change", [{"alt": 5}, {"alt": None}, {"position": "1"}, {"position": -1}, {"colour": "red"}])
def test_a_change_that_makes_no_sense_is_refused(staff_client: APIClient, mug: Product, change: dict[str, Any]) -> None:
    image = send(staff_client, mug, alt="a").json()
    answer = staff_client.patch(f"/products/{mug.id}/images/{image['id']}", change)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == next(iter(change))


def test_an_image_that_is_taken_away_leaves_the_bucket_too(
    staff_client: APIClient, guest: APIClient, mug: Product
) -> None:
    ids = [send(staff_client, mug, alt=alt).json()["id"] for alt in "ab"]  # the same picture twice
    assert staff_client.delete(f"/products/{mug.id}/images/{ids[0]}").status_code == 204
    (left,) = shown(guest, mug)
    assert left["alt"] == "b"
    assert objects(mug) == [ProductImage.objects.get().key]
    assert ProductImage.objects.get().position == 0
    assert staff_client.delete(f"/products/{mug.id}/images/{ids[0]}").status_code == 404


def test_an_image_is_found_below_its_own_product_only(staff_client: APIClient, mug: Product) -> None:
    image = send(staff_client, mug).json()
    other = a_product("BOWL")
    path = f"/products/{other.id}/images/{image['id']}"
    assert staff_client.delete(path).status_code == staff_client.patch(path, {"alt": "x"}).status_code == 404
    assert staff_client.delete(f"/products/{mug.id}/images/{uuid4()}").status_code == 404
    assert len(objects(mug)) == 1


def test_a_product_has_at_most_twenty_images(staff_client: APIClient, mug: Product) -> None:
    for _ in range(MAX_IMAGES):
        add_image(product_id=mug.id, content=png(8, 8), by="test")
    answer = send(staff_client, mug)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_images")
    assert len(objects(mug)) == MAX_IMAGES


def test_only_staff_change_images(
    client_of: ClientOf, staff_client: APIClient, customer: User, guest: APIClient, mug: Product
) -> None:
    path = f"/products/{mug.id}/images/{send(staff_client, mug).json()['id']}"
    for client, status in ((guest, 401), (client_of(customer), 403)):
        assert send(client, mug).status_code == status
        assert client.patch(path, {"alt": "x"}).status_code == status
        assert client.delete(path).status_code == status
    assert len(objects(mug)) == 1


def test_a_key_that_comes_again_adds_no_second_image_and_no_second_object(
    staff_client: APIClient, mug: Product
) -> None:
    first = send(staff_client, mug, alt="a", filename="one.png", HTTP_IDEMPOTENCY_KEY="k1")
    again = send(staff_client, mug, alt="a", filename="two.png", HTTP_IDEMPOTENCY_KEY="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert objects(mug) == [ProductImage.objects.get().key]


@pytest.mark.parametrize("change", [{"alt": "b"}, {"content": png(10, 10)}, {"position": "0"}])
def test_a_key_is_for_one_picture_with_its_parts(staff_client: APIClient, mug: Product, change: dict[str, Any]) -> None:
    send(staff_client, mug, alt="a", HTTP_IDEMPOTENCY_KEY="k1")
    content = change.pop("content", None)
    answer = send(staff_client, mug, content, **{"alt": "a", "HTTP_IDEMPOTENCY_KEY": "k1"} | change)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert len(objects(mug)) == 1


def test_a_change_that_was_overtaken_is_refused_and_leaves_no_object(
    staff_client: APIClient, guest: APIClient, mug: Product
) -> None:
    etag = staff_client.get(f"/products/{mug.id}")["ETag"]
    image = send(staff_client, mug, HTTP_IF_MATCH=etag)
    assert image.status_code == 201
    assert send(staff_client, mug, HTTP_IF_MATCH=etag).status_code == 412
    path = f"/products/{mug.id}/images/{image.json()['id']}"
    assert staff_client.patch(path, {"alt": "x"}, HTTP_IF_MATCH=etag).status_code == 412
    assert staff_client.delete(path, HTTP_IF_MATCH=etag).status_code == 412
    assert shown(guest, mug) == [image.json()]
    assert objects(mug) == [ProductImage.objects.get().key]


def test_an_unknown_product_takes_no_image(staff_client: APIClient, mug: Product) -> None:
    mug.id = uuid4()
    assert send(staff_client, mug).status_code == 404
    assert objects(mug) == []


def test_while_s3_is_away_an_upload_is_told_to_come_again(
    staff_client: APIClient, guest: APIClient, mug: Product, settings: Settings
) -> None:
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    answer = send(staff_client, mug)
    assert (answer.status_code, answer.json()["code"], answer["Retry-After"]) == (503, "unavailable", "2")
    assert shown(guest, mug) == []


def test_while_s3_is_away_an_image_can_be_taken_away(
    staff_client: APIClient, guest: APIClient, mug: Product, settings: Settings
) -> None:
    image = send(staff_client, mug).json()
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    assert staff_client.delete(f"/products/{mug.id}/images/{image['id']}").status_code == 204
    assert shown(guest, mug) == []


def test_a_list_costs_the_same_number_of_queries_with_images(guest: APIClient) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            body = guest.get("/products?limit=100").json()
        assert all(len(row["images"]) == 2 for row in body["results"])
        return len(captured)

    content = png(8, 8)
    for number in range(12):
        product = a_product(f"P{number}")
        for alt in "ab":
            add_image(product_id=product.id, content=content, alt=alt, by="test")
        if number == 1:
            few = queries()
    assert queries() == few
