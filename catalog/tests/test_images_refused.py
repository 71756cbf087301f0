"""What is no picture, or no upload: refused, with the reason, and nothing left behind."""

from __future__ import annotations

import io
import resource
from collections.abc import Callable
from typing import Any

import pytest
import weasyprint  # noqa: F401  (it has Pillow take broken files, in the whole process)
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Product, ProductImage
from catalog.tests.gallery import a_product, objects, send
from catalog.tests.pictures import bomb, encoded, halves, jpeg, png

pytestmark = pytest.mark.django_db(transaction=True)
ClientOf = Callable[[User], APIClient]
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
MIB = 1024 * 1024
NOISE = Image.effect_noise((600, 400), 50).convert("RGB")


@pytest.fixture
def staff_client(client_of: ClientOf, staff: User) -> APIClient:
    return client_of(staff)


@pytest.fixture
def mug() -> Product:
    return a_product()


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content
    body: dict[str, Any] = answer.json()
    assert body["code"] == code
    return body


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"x", "no JPEG, PNG, WebP or GIF"),
        (SVG, "no JPEG, PNG, WebP or GIF"),
        (b"%PDF-1.7\n", "no JPEG, PNG, WebP or GIF"),
        (encoded(halves(), "TIFF"), "no JPEG, PNG, WebP or GIF"),
        (encoded(halves(), "BMP"), "no JPEG, PNG, WebP or GIF"),
        (jpeg()[:-2000], "damaged or incomplete"),
        (encoded(NOISE, "JPEG", progressive=True)[:-2000], "damaged or incomplete"),
        (png()[:-30], "damaged or incomplete"),
        (png()[:8] + b"\0" * 100, "no JPEG, PNG, WebP or GIF"),
        (encoded(NOISE, "WEBP")[:-2000], "damaged or incomplete"),
        (encoded(halves(), "GIF")[:-400], "damaged or incomplete"),
    ],
    ids=["empty", "byte", "svg", "pdf", "tiff", "bmp", "jpeg-", "progressive-", "png-", "png header", "webp-", "gif-"],
)
def test_what_is_no_whole_picture_is_refused(staff_client: APIClient, mug: Product, content: bytes, told: str) -> None:
    body = problem(send(staff_client, mug, content, filename="picture.jpg"), 400, "bad_image")
    assert told in body["detail"]
    assert (ProductImage.objects.count(), objects(mug)) == (0, [])


def test_a_small_file_with_very_many_pixels_is_refused_before_they_take_memory(
    staff_client: APIClient, mug: Product
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in KiB
    body = problem(send(staff_client, mug, bomb()), 400, "bad_image")
    assert "pixels" in body["detail"]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


def test_a_picture_of_a_few_pixels_too_many_is_refused_with_their_number(staff_client: APIClient, mug: Product) -> None:
    large = encoded(Image.new("1", (5000, 5001)), "PNG")
    body = problem(send(staff_client, mug, large), 400, "bad_image")
    assert body["detail"] == "It has 25,005,000 pixels; 25,000,000 are the most that a picture may have."


@pytest.mark.parametrize("size", [10 * MIB + 1, 20 * MIB])
def test_a_file_over_ten_mebibytes_is_too_large(staff_client: APIClient, mug: Product, size: int) -> None:
    content = png() + b"\0" * (size - len(png()))
    problem(send(staff_client, mug, content), 413, "body_too_large")
    assert objects(mug) == []


def test_a_file_of_ten_mebibytes_is_taken(staff_client: APIClient, mug: Product) -> None:
    content = png() + b"\0" * (10 * MIB - len(png()))
    assert send(staff_client, mug, content).status_code == 201


@pytest.mark.parametrize(
    ("content", "filename", "stored"),
    [
        (png(), "photo.jpg", ("image/png", "png")),
        (jpeg(), "photo.png", ("image/jpeg", "jpg")),
        (encoded(halves().convert("CMYK"), "JPEG"), "print.jpg", ("image/jpeg", "jpg")),
        (encoded(halves(), "MPO", save_all=True, append_images=[halves()]), "phone.jpg", ("image/jpeg", "jpg")),
        (encoded(halves(), "GIF", save_all=True, append_images=[halves(300, 200)]), "x.svg", ("image/gif", "gif")),
        (encoded(halves(), "WEBP", save_all=True, append_images=[halves()]), "", ("image/webp", "webp")),
    ],
    ids=["png named jpg", "jpeg named png", "cmyk", "of a phone", "animated gif", "animated webp"],
)
def test_the_content_alone_says_what_it_is(
    staff_client: APIClient, mug: Product, content: bytes, filename: str, stored: tuple[str, str]
) -> None:
    answer = send(staff_client, mug, content, filename=filename or "../../etc/passwd")
    assert answer.status_code == 201, answer.content
    image = ProductImage.objects.get()
    assert (image.content_type, image.key.rpartition(".")[2]) == stored
    assert objects(mug) == [image.key]


@pytest.mark.parametrize(
    ("parts", "field", "code"),
    [
        ({}, "image", "required"),
        ({"image": "just text"}, "image", "invalid"),
        ({"picture": png()}, "picture", "unknown_field"),
        ({"image": [png(), png()]}, "image", "repeated"),
        ({"image": png(), "alt": ["a", "b"]}, "alt", "repeated"),
        ({"image": [png(), "text"]}, "image", "repeated"),
        ({"image": png(), "alt": b"a file"}, "alt", "invalid"),
        ({"image": png(), "alt": "x" * 201}, "alt", "max_length"),
        ({"image": png(), "alt": "a\0b"}, "alt", "control_character"),
        ({"image": png(), "alt": "two\nlines"}, "alt", "control_character"),
        ({"image": png(), "position": b"0"}, "position", "invalid"),
        ({"image": png(), "position": "-1"}, "position", "invalid"),
        ({"image": png(), "position": "1.0"}, "position", "invalid"),
        ({"image": png(), "position": "٣"}, "position", "invalid"),
        ({"image": png(), "position": "20"}, "position", "max_value"),
        ({"image": png(), "position": "9" * 5000}, "position", "invalid"),
        ({"image": png(), "position": ""}, "position", "invalid"),
        ({"image": png(), "colour": "red"}, "colour", "unknown_field"),
    ],
)
def test_parts_that_make_no_upload_are_named(
    staff_client: APIClient, mug: Product, parts: dict[str, Any], field: str, code: str
) -> None:
    answer = staff_client.post(f"/products/{mug.id}/images", sent(parts), format="multipart")
    errors = problem(answer, 400, "validation_error")["errors"]
    assert [(error["field"], error["code"]) for error in errors if error["field"] == field] == [(field, code)]
    assert objects(mug) == []


def sent(parts: dict[str, Any]) -> dict[str, Any]:
    """Bytes become files, a list several parts of one name."""

    def one(value: Any) -> Any:
        if isinstance(value, list):
            return [one(item) for item in value]
        return SimpleUploadedFile("picture.png", value) if isinstance(value, bytes) else value

    return {name: one(value) for name, value in parts.items()}


BOUNDARY = "multipart/form-data; boundary=x"
ALT = 'Content-Disposition: form-data; name="alt"\r\n'


def post(client: Any, product: Product, body: bytes, content_type: str, **environment: Any) -> Any:
    return client.generic("POST", f"/products/{product.id}/images", body, content_type=content_type, **environment)


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [
        ("multipart/form-data", b"--x--", "invalid_multipart"),
        (BOUNDARY, b"no parts at all", "validation_error"),
        (BOUNDARY, b"", "validation_error"),
        (BOUNDARY, f"--x\r\n{ALT}\r\n".encode() + b"\xe9t\xe9\r\n--x--\r\n", "validation_error"),
        (BOUNDARY, f"--x\r\n{ALT}Content-Transfer-Encoding: base64\r\n\r\n?\r\n--x--\r\n".encode(), "validation_error"),
        (
            BOUNDARY,
            b"".join(b'--x\r\nContent-Disposition: form-data; name="p%d"\r\n\r\n1\r\n' % n for n in range(1100))
            + b"--x--",
            "invalid_multipart",
        ),
        (
            BOUNDARY,
            b"".join(
                b'--x\r\nContent-Disposition: form-data; name="p%d"; filename="f"\r\n\r\n1\r\n' % n for n in range(200)
            )
            + b"--x--",
            "invalid_multipart",
        ),
    ],
    ids=["no boundary", "no parts", "empty", "latin-1", "base64", "many texts", "many files"],
)
def test_a_body_that_is_no_form_is_refused(
    staff_client: APIClient, mug: Product, content_type: str, body: bytes, code: str
) -> None:
    answer = post(staff_client, mug, body, content_type)
    problem(answer, 400, code)


def test_a_text_of_two_mebibytes_is_too_large(staff_client: APIClient, mug: Product) -> None:
    answer = send(staff_client, mug, alt="x" * 2 * MIB)
    problem(answer, 413, "body_too_large")


@pytest.mark.parametrize("content_type", ["application/json", "image/png", "application/x-www-form-urlencoded"])
def test_another_content_type_is_415(staff_client: APIClient, mug: Product, content_type: str) -> None:
    answer = post(staff_client, mug, b"{}", content_type)
    problem(answer, 415, "unsupported_media_type")


def test_a_chunked_upload_is_taken_and_a_large_one_refused(staff_client: APIClient, mug: Product) -> None:
    def chunked(content: bytes) -> Any:
        head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        body = head + content + b"\r\n--x--\r\n"
        extra = {"wsgi.input": io.BytesIO(body), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"}
        return post(staff_client, mug, b"", BOUNDARY, **extra)

    assert chunked(png()).status_code == 201
    problem(chunked(png() + b"\0" * 11 * MIB), 413, "body_too_large")
