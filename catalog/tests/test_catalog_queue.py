"""What a worker does with the catalog's events: thumbnails, and nothing left of what is gone."""

from __future__ import annotations

import threading
from datetime import timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

import pytest
from botocore.exceptions import EndpointConnectionError
from django.db import connection, transaction
from django.utils import timezone
from PIL import Image
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from catalog.images import keys, sweep
from catalog.images.services import add_image, remove_image
from catalog.models import Product, ProductImage
from catalog.products.services import delete_product
from catalog.stock import adjust, take
from catalog.tests.gallery import a_product, deliver, deliver_last, objects, shown
from catalog.tests.pictures import BLUE, RED, encoded, halves, jpeg, opened, png
from events.models import Event
from storage import bucket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def mug() -> Product:
    return a_product()


def with_thumbnail(mug: Product, content: bytes) -> Image.Image:
    """The thumbnail that a worker makes of `content`."""
    image = add_image(product_id=mug.id, content=content, by="test")
    deliver_last("ProductUpdated")
    image.refresh_from_db()
    assert image.thumbnail_key == keys.of_thumbnail(image.key)
    return opened(bucket.read(image.thumbnail_key))


def near(image: Image.Image, at: tuple[float, float], colour: tuple[int, int, int]) -> bool:
    """Whether the image has about this colour at a place, given in parts of its width and height."""
    seen: Any = image.convert("RGB").getpixel((int(at[0] * image.width), int(at[1] * image.height)))
    return all(abs(one - other) < 30 for one, other in zip(seen, colour, strict=True))


def test_a_worker_makes_the_thumbnail_and_the_product_shows_it(guest: APIClient, mug: Product) -> None:
    small = with_thumbnail(mug, png(1200, 800))
    assert (small.format, small.size) == ("WEBP", (480, 320))
    (image,) = shown(guest, mug)
    assert image["thumbnail_url"].endswith(".thumb.webp")
    path = "/media/" + image["thumbnail_url"].partition("/media/")[2]
    answer: Any = guest.get(path)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert opened(b"".join(answer.streaming_content)).size == small.size


def test_a_thumbnail_is_no_change_that_overtakes_anybody(mug: Product) -> None:
    with_thumbnail(mug, png())
    mug.refresh_from_db()
    assert mug.version == 2
    assert Event.objects.filter(type="ProductUpdated").count() == 1


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_thumbnail_stands_upright(mug: Product, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    small = with_thumbnail(mug, jpeg(exif=exif.tobytes()))
    red, blue = {
        1: ((0.2, 0.5), (0.8, 0.5)),
        3: ((0.8, 0.5), (0.2, 0.5)),
        6: ((0.5, 0.2), (0.5, 0.8)),
        8: ((0.5, 0.8), (0.5, 0.2)),
    }[orientation]
    assert near(small, red, RED)
    assert near(small, blue, BLUE)
    assert small.getexif().get(0x0112) is None


def test_a_transparent_picture_stays_transparent(mug: Product) -> None:
    see_through = Image.new("RGBA", (600, 600), (0, 0, 0, 0))
    small = with_thumbnail(mug, encoded(see_through, "PNG"))
    assert (small.mode, small.getpixel((5, 5))) == ("RGBA", (0, 0, 0, 0))


@pytest.mark.parametrize(
    "content",
    [
        encoded(halves().convert("CMYK"), "JPEG"),
        encoded(halves().convert("P"), "PNG"),
        encoded(halves(), "GIF", save_all=True, append_images=[Image.new("RGB", (600, 400), "green")]),
        encoded(halves(), "WEBP", save_all=True, append_images=[Image.new("RGB", (600, 400), "green")]),
        encoded(halves(), "MPO", save_all=True, append_images=[Image.new("RGB", (600, 400), "green")]),
        jpeg(progressive=True, icc_profile=b"no profile at all"),
    ],
    ids=["cmyk", "palette", "animated gif", "animated webp", "several in one jpeg", "broken profile"],
)
def test_a_thumbnail_has_the_colours_of_the_first_picture(mug: Product, content: bytes) -> None:
    small = with_thumbnail(mug, content)
    assert near(small, (0.2, 0.5), RED)
    assert near(small, (0.8, 0.5), BLUE)


def test_sixteen_bits_of_grey_stay_grey(mug: Product) -> None:
    small = with_thumbnail(mug, encoded(Image.new("I;16", (600, 600), 128 * 256), "PNG"))
    assert near(small, (0.5, 0.5), (128, 128, 128))


def test_a_small_picture_is_not_made_larger_and_a_thin_one_does_not_vanish(mug: Product) -> None:
    assert with_thumbnail(mug, png(30, 20)).size == (30, 20)
    assert with_thumbnail(mug, png(4000, 2)).size == (480, 1)


def test_an_event_that_comes_twice_makes_one_thumbnail(mug: Product) -> None:
    with_thumbnail(mug, png())
    before = objects(mug)
    stored = next(bucket.pages(f"products/{mug.id}/"))
    deliver_last("ProductUpdated")
    assert objects(mug) == before
    assert next(bucket.pages(f"products/{mug.id}/")) == stored


def test_a_late_event_makes_the_thumbnails_of_all_that_lack_one(mug: Product) -> None:
    for alt in "abc":
        add_image(product_id=mug.id, content=png(), alt=alt, by="test")
    deliver(Event.objects.filter(type="ProductUpdated").earliest("id"))
    assert not ProductImage.objects.filter(thumbnail_key="").exists()
    assert len(objects(mug)) == 6


def test_an_image_that_was_removed_before_its_turn_is_left_alone(mug: Product) -> None:
    image = add_image(product_id=mug.id, content=png(), by="test")
    remove_image(product_id=mug.id, image_id=image.id, by="test")
    for event in Event.objects.filter(type="ProductUpdated"):
        deliver(event)
    assert objects(mug) == []


def test_with_an_image_its_thumbnail_goes(mug: Product) -> None:
    with_thumbnail(mug, png())
    remove_image(product_id=mug.id, image_id=ProductImage.objects.get().id, by="test")
    assert objects(mug) == []


def test_an_original_that_cannot_be_decoded_stands_for_itself_and_keeps_no_other_waiting(
    guest: APIClient, mug: Product
) -> None:
    broken, whole = (add_image(product_id=mug.id, content=png(), alt=alt, by="test") for alt in ("broken", "whole"))
    bucket.store(broken.key, b"not a picture any more", content_type="image/png")
    deliver_last("ProductUpdated")
    first, second = shown(guest, mug)
    assert first["thumbnail_url"] == first["url"]
    assert second["thumbnail_url"].endswith(".thumb.webp")
    assert not ProductImage.objects.filter(thumbnail_key="").exists()
    assert whole.key != broken.key


def test_an_original_that_is_lost_keeps_no_other_waiting(mug: Product) -> None:
    lost, whole = (add_image(product_id=mug.id, content=png(), alt=alt, by="test") for alt in ("lost", "whole"))
    bucket.delete([lost.key])
    deliver_last("ProductUpdated")
    assert list(ProductImage.objects.filter(thumbnail_key="")) == [lost]
    assert len(objects(mug)) == 2
    assert whole.key in objects(mug)


def test_while_s3_is_away_the_event_comes_again(mug: Product, settings: Settings) -> None:
    add_image(product_id=mug.id, content=png(), by="test")
    there, settings.AWS_ENDPOINT_URL = settings.AWS_ENDPOINT_URL, "http://127.0.0.1:9"
    with pytest.raises(EndpointConnectionError):
        deliver_last("ProductUpdated")
    settings.AWS_ENDPOINT_URL = there
    deliver_last("ProductUpdated")
    assert ProductImage.objects.get().thumbnail_key in objects(mug)


def test_with_a_product_its_objects_go_and_no_others(mug: Product) -> None:
    other = a_product("BOWL")
    for product in (mug, other):
        with_thumbnail(product, png())
    assert delete_product(product_id=mug.id, by="test") is None
    deliver_last("ProductDeleted")
    assert (objects(mug), len(objects(other))) == ([], 2)


def test_an_archived_product_keeps_its_images(mug: Product) -> None:
    with_thumbnail(mug, png())
    with transaction.atomic():
        take(items={"MUG": 1}, order_id=uuid4(), by="test")
    delete_product(product_id=mug.id, by="test")
    deliver_last("ProductDeleted")
    assert len(objects(mug)) == 2


def test_stock_that_was_set_right_needs_nothing_where_there_is_no_cdn(mug: Product) -> None:
    adjust(sku="MUG", delta=1, reason="received", by="test")
    deliver_last("StockChanged")


def leave_behind(product_id: UUID) -> str:
    """An object such as a crash between storing and committing leaves."""
    key = keys.of_original(product_id, uuid4(), sha256="0" * 64, extension="png")
    bucket.store(key, png(8, 8), content_type="image/png")
    return key


def test_what_belongs_to_no_image_is_swept_up_after_a_day(mug: Product) -> None:
    with_thumbnail(mug, png())
    kept = objects(mug)
    leave_behind(mug.id)
    gone = leave_behind(uuid4())
    foreign = f"products/{mug.id}/notes.txt"
    bucket.store(foreign, b"of somebody else", content_type="text/plain")

    sweep_all(days=0)
    assert len(objects(mug)) == len(kept) + 2
    sweep_all(days=2)
    assert objects(mug) == [*kept, foreign]
    with pytest.raises(FileNotFoundError):
        bucket.read(gone)


def sweep_all(*, days: int) -> None:
    after, now = "", timezone.now() + timedelta(days=days)
    while last := sweep.sweep_page(after=after, now=now):
        assert last > after
        after = last


def test_an_image_that_is_removed_while_its_thumbnail_is_made_leaves_nothing(mug: Product, settings: Settings) -> None:
    image = add_image(product_id=mug.id, content=png(), by="test")
    emulator = settings.AWS_ENDPOINT_URL

    class BeforeIt(BaseHTTPRequestHandler):
        """Stands before the emulator, and has the image removed the moment its thumbnail is about to be stored."""

        def forward(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.command == "PUT":
                settings.AWS_ENDPOINT_URL = emulator
                remove_image(product_id=mug.id, image_id=image.id, by="test")
                connection.close()
            onward = HTTPConnection(emulator.removeprefix("http://"))
            onward.request(self.command, self.path, body, dict(self.headers))
            answer = onward.getresponse()
            self.send_response(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.read())
            onward.close()

        do_GET = do_HEAD = do_PUT = forward  # noqa: N815  (the server's names)

        def log_message(self, format: str, *args: Any) -> None:
            """Stays silent."""

    with ThreadingHTTPServer(("127.0.0.1", 0), BeforeIt) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{server.server_address[1]}"
        deliver(Event.objects.get(type="ProductUpdated"))
        server.shutdown()
    settings.AWS_ENDPOINT_URL = emulator
    assert not ProductImage.objects.exists()
    assert objects(mug) == []
