"""Answers that are kept as long as nothing in the catalog has changed, and are never stale.

A process keeps what it has written, each with the catalog's revision at which it was read. As long as the revision is
still the same, the answer is too: it is sent again, or 304, without touching the catalog's rows. The oldest go when
`MAX_BYTES` are full.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from api.etags import has_already, versioned_etag
from catalog import revision

MAX_BYTES = 16 * 1024 * 1024
BESIDE_TEXTS = 430
"""Bytes that Python takes to keep an answer, beside its body and its address (measured with tracemalloc, Python 3.11).
A search that finds nothing is answered in 42, and its address may have 4,000."""


@dataclass(frozen=True)
class Answer:
    """A body, whole, and its validator."""

    body: bytes
    etag: str


class Shelf:
    """Answers by address, the least recently used of them given up first. Safe between threads."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes, self.bytes = max_bytes, 0
        self._kept: OrderedDict[str, tuple[int, Answer]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, address: str, revision: int) -> Answer | None:
        with self._lock:
            kept = self._kept.get(address)
            if kept is None or kept[0] != revision:
                return None
            self._kept.move_to_end(address)
            return kept[1]

    def put(self, address: str, revision: int, answer: Answer) -> None:
        with self._lock:
            if former := self._kept.pop(address, None):
                self.bytes -= _size(address, former[1])
            self._kept[address] = (revision, answer)
            self.bytes += _size(address, answer)
            while self.bytes > self.max_bytes:
                oldest, (_, gone) = self._kept.popitem(last=False)
                self.bytes -= _size(oldest, gone)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.bytes = 0


def _size(address: str, answer: Answer) -> int:
    return BESIDE_TEXTS + len(address) + len(answer.body)


shelf = Shelf(MAX_BYTES)


def public(request: HttpRequest, make: Callable[[], tuple[bytes, int]]) -> HttpResponse:
    """An answer that is the same for everybody who may ask, kept; `make` gives its body and version."""
    now = revision.current()  # before the rows: they are then at least as new
    address = f"{request.scheme}://{request.get_host()}{request.get_full_path()}"
    answer = shelf.get(address, now)
    if answer is None:
        body, version = make()
        answer = Answer(body, versioned_etag(version, body))
        shelf.put(address, now, answer)
    who = "private" if settings.CATALOG_SIGNED_IN_ONLY else "public"
    cdn = "" if settings.CATALOG_SIGNED_IN_ONLY else f", s-maxage={settings.CATALOG_CDN_SECONDS}"
    return _response(request, answer, f"{who}, max-age=0{cdn}")


def for_staff(request: HttpRequest, make: Callable[[], tuple[bytes, int]]) -> HttpResponse:
    """An answer that may hold what only staff see: nobody but the asker may keep it."""
    body, version = make()
    return _response(request, Answer(body, versioned_etag(version, body)), "private, no-cache")


def _response(request: HttpRequest, answer: Answer, cache_control: str) -> HttpResponse:
    headers = {"ETag": answer.etag, "Cache-Control": cache_control, "Vary": "Authorization"}
    if has_already(request, answer.etag):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(answer.body, content_type="application/json", headers=headers)
