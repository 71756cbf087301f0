"""What the CDN is told, at a stand-in for CloudFront on the wire."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.etree import ElementTree

import pytest
from botocore.exceptions import ClientError
from pytest_django.fixtures import Settings

from catalog.models import Product
from catalog.products.services import delete_product, update_product
from catalog.stock import adjust
from catalog.tests.gallery import a_product, deliver, deliver_last
from events import aws
from events.models import Inbox

pytestmark = pytest.mark.django_db(transaction=True)
XML = "{http://cloudfront.amazonaws.com/doc/2020-05-31/}"
TAKEN = """<Invalidation xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Id>I1</Id><Status>InProgress</Status>
<CreateTime>2026-01-01T00:00:00Z</CreateTime></Invalidation>"""
FULL = """<ErrorResponse xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"><Error><Type>Sender</Type>
<Code>TooManyInvalidationsInProgress</Code><Message>Later.</Message></Error></ErrorResponse>"""


@dataclass
class Edge:
    """What CloudFront was asked: the addresses, each invalidation's paths and its reference."""

    asked: list[str] = field(default_factory=list)
    paths: list[list[str]] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    full: bool = False

    def take(self, path: str, body: str) -> tuple[int, str]:
        if self.full:
            return 400, FULL
        batch = ElementTree.fromstring(body)  # noqa: S314  (from our own client)
        self.asked.append(path)
        self.paths.append([str(item.text) for item in batch.iter(f"{XML}Path")])
        self.references.append(str(batch.findtext(f"{XML}CallerReference")))
        return 201, TAKEN


@pytest.fixture
def edge(settings: Settings) -> Iterator[Edge]:
    kept = Edge()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, answer = kept.take(self.path, self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Stays silent."""

    settings.CLOUDFRONT_DISTRIBUTION_ID = "E2SHOP"
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        emulator = settings.AWS_ENDPOINT_URL
        aws._client.cache_clear()
        settings.AWS_ENDPOINT_URL = f"http://127.0.0.1:{server.server_address[1]}"
        aws.client("cloudfront")  # keeps this address; all other services stay where they are
        settings.AWS_ENDPOINT_URL = emulator
        yield kept
        aws._client.cache_clear()
        server.shutdown()


@pytest.fixture
def mug() -> Product:
    return a_product()


def test_a_product_that_changed_is_forgotten_under_all_its_names(edge: Edge, mug: Product) -> None:
    update_product(product_id=mug.id, facts={"slug": "better-mug"}, by="test")
    event = deliver_last("ProductUpdated")
    assert edge.asked == ["/2020-05-31/distribution/E2SHOP/invalidation"]
    (paths,) = edge.paths
    assert paths == [
        "/products",
        "/products?*",
        f"/products/{mug.id}*",
        "/products/better-mug*",
        "/products/mug*",
    ]
    assert edge.references[0].startswith(str(event.id))


def test_a_new_product_and_a_stock_that_was_set_right_are_told_too(edge: Edge, mug: Product) -> None:
    deliver_last("ProductCreated")
    adjust(sku="MUG", delta=1, reason="received", by="test")
    deliver_last("StockChanged")
    assert edge.paths[0] == edge.paths[1] == ["/products", "/products?*", f"/products/{mug.id}*", "/products/mug*"]


def test_with_a_product_that_is_gone_all_are_forgotten(edge: Edge, mug: Product) -> None:
    delete_product(product_id=mug.id, by="test")
    deliver_last("ProductDeleted")
    assert edge.paths == [["/products*"]]


def test_the_same_event_is_the_same_invalidation_and_another_is_another(edge: Edge, mug: Product) -> None:
    event = deliver_last("ProductCreated")
    Inbox.objects.all().delete()  # a worker that died before its receipt was written
    deliver(event)
    assert edge.references[0] == edge.references[1]
    adjust(sku="MUG", delta=1, reason="received", by="test")
    deliver_last("StockChanged")
    assert edge.references[2] != edge.references[0]


def test_an_invalidation_that_is_refused_comes_again(edge: Edge, mug: Product) -> None:
    edge.full = True
    with pytest.raises(ClientError, match="TooManyInvalidationsInProgress"):
        deliver_last("ProductCreated")
    edge.full = False
    deliver_last("ProductCreated")
    assert len(edge.paths) == 1


def test_without_a_cdn_nobody_is_told(edge: Edge, mug: Product, settings: Settings) -> None:
    settings.CLOUDFRONT_DISTRIBUTION_ID = ""
    deliver_last("ProductCreated")
    delete_product(product_id=mug.id, by="test")
    deliver_last("ProductDeleted")
    assert edge.asked == []
