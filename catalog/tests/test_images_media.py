"""Images at their public address."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from catalog.images.services import add_image, remove_image
from catalog.models import Product
from catalog.tests.gallery import a_product, shown
from catalog.tests.pictures import jpeg, png
from storage import bucket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mug() -> Product:
    return a_product()


def address(mug: Product, content: bytes) -> str:
    """The path at which the shop itself shows a new image of the product."""
    return f"/media/{add_image(product_id=mug.id, content=content, by='test').key}"


def get(client: APIClient, path: str, **headers: str) -> Any:
    """The answer with its body read, as a browser does, in `.body`."""
    answer: Any = client.get(path, **headers)  # type: ignore[arg-type]  # headers, and no query
    answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer


def test_anyone_reads_an_image_at_the_address_that_the_product_names(
    guest: APIClient, mug: Product, settings: Settings
) -> None:
    content = jpeg()
    address(mug, content)
    (image,) = shown(guest, mug)
    answer = get(guest, image["url"].replace(settings.MEDIA_URL, "/media/"))
    assert (answer.status_code, answer.body) == (200, content)
    assert (answer["Content-Type"], answer["Content-Length"]) == ("image/jpeg", str(len(content)))


def test_it_may_be_kept_for_ever_and_is_taken_for_nothing_but_an_image(guest: APIClient, mug: Product) -> None:
    answer = get(guest, address(mug, png()))
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/png", "nosniff")
    assert not answer.has_header("Vary") or "Cookie" not in answer["Vary"]


def test_who_has_it_gets_304_without_s3(guest: APIClient, mug: Product, settings: Settings) -> None:
    path = address(mug, png())
    etag = get(guest, path)["ETag"]
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    answer = get(guest, path, HTTP_IF_NONE_MATCH=f'"other", W/{etag}')
    assert (answer.status_code, answer.body, answer["ETag"]) == (304, b"", etag)


def test_head_says_what_get_would(guest: APIClient, mug: Product) -> None:
    path = address(mug, png())
    whole, head = get(guest, path), guest.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for header in ("Content-Type", "Content-Length", "ETag", "Cache-Control"):
        assert head[header] == whole[header]


@pytest.mark.parametrize("accept", ["image/avif,image/webp,*/*;q=0.8", "image/png", "text/html"])
def test_a_browser_gets_it_whatever_it_would_rather_have(guest: APIClient, mug: Product, accept: str) -> None:
    assert get(guest, address(mug, png()), HTTP_ACCEPT=accept).status_code == 200


def test_a_token_that_has_run_out_does_not_matter(guest: APIClient, mug: Product) -> None:
    assert get(guest, address(mug, png()), HTTP_AUTHORIZATION="Bearer nonsense").status_code == 200


def test_it_is_gone_with_the_image(guest: APIClient, mug: Product) -> None:
    image = add_image(product_id=mug.id, content=png(), by="test")
    remove_image(product_id=mug.id, image_id=image.id, by="test")
    for answer in (get(guest, f"/media/{image.key}"), guest.head(f"/media/{image.key}")):
        assert answer.status_code == 404
    assert get(guest, f"/media/{image.key}").json()["code"] == "not_found"
    assert get(guest, f"/media/{image.key}", HTTP_IF_NONE_MATCH="*").status_code == 404


SECRET = "invoices/2026/0123456789abcdef/INV-1.pdf"


@pytest.mark.parametrize(
    "key",
    [
        SECRET,
        f"products/../{SECRET}",
        f"products/%2e%2e/{SECRET}",
        "products/",
        "products/secret.png",
        f"products/{uuid4()}/{uuid4()}-0123456789abcdef.svg",
        f"products/{uuid4()}/{uuid4()}-0123456789abcdef.png%0a",
        f"products/{uuid4()}/{uuid4()}-0123456789ABCDEF.png",
        "a" * 5000,
        "products/%ff%00",
    ],
)
def test_no_other_object_is_ever_asked_for(guest: APIClient, settings: Settings, key: str) -> None:
    bucket.store(SECRET, b"%PDF", content_type="application/pdf")
    bucket.store("products/secret.png", b"secret", content_type="image/png")
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"  # to be asked would be a 503
    answer = get(guest, f"/media/{key}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_while_s3_is_away_it_says_when_to_come_again(guest: APIClient, mug: Product, settings: Settings) -> None:
    path = address(mug, png())
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    answer = get(guest, path)
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "immutable" not in answer.get("Cache-Control", "")


def test_a_cdn_in_front_is_a_matter_of_one_setting(guest: APIClient, mug: Product, settings: Settings) -> None:
    settings.MEDIA_URL = "https://cdn.example.com/"
    path = address(mug, png())
    assert shown(guest, mug)[0]["url"] == path.replace("/media/", "https://cdn.example.com/")
