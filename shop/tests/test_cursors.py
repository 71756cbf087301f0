"""Whatever is given as the cursor of a list, it is a place in the list or is refused by name, and never a fault."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta, timezone
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.addresses.services import add_address
from accounts.models import User
from api.tests.documented import document
from catalog.categories.services import create_category
from catalog.imports.services import give_up, start_import, upload
from catalog.tests.shelves import put
from orders.tests.conftest import ADDRESS
from shop.tests.stocked import stocked

pytestmark = pytest.mark.django_db

Lists = tuple[APIClient, dict[str, str]]
MORE = {
    "/products": ["ordering=name", "ordering=-price", "ordering=created_at", "search=mug", "status=all"],
    "/orders": ["sku=mug"],
}
"""Parameters by which a list is sorted in another way, or read by another statement."""

TIMES = st.datetimes(timezones=st.none() | st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)).map(
    lambda time: time.isoformat()
)
FORGED = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**31, 2**63, 2**64, -(2**63) - 1, 10**400])
    | st.floats()
    | st.text(st.characters(), max_size=20)
    | st.uuids().map(str)
    | TIMES
    | st.decimals().map(str)
    | st.sampled_from(["1e-20000", "1e-999999999", "9" * 1000, "0." + "0" * 900 + "1", "\x00", "\ud800", "٣", "1_0"])
)
JSON = st.recursive(FORGED, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3))


def as_cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def said_by(cursor: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))


def cursors(own: str) -> st.SearchStrategy[bytes]:
    """What somebody may send who has at hand a cursor that the list has given out."""

    def bit_flipped(place: int) -> str:
        raw = bytearray(json.dumps(said_by(own)).encode())
        raw[place // 8 % len(raw)] ^= 1 << place % 8
        return base64.urlsafe_b64encode(raw).decode()

    def replaced(place: int, value: Any, backwards: Any) -> str:
        ordering, _, values = said_by(own)
        values[place % len(values)] = value
        return as_cursor([ordering, backwards, values])

    place = st.integers(0, 2000)
    texts = (
        st.text(max_size=40)
        | JSON.map(as_cursor)
        | place.map(lambda end: own[: end % len(own)])
        | place.map(bit_flipped)
        | st.builds(replaced, place, JSON, st.booleans())
        | st.builds(replaced, place, FORGED, st.booleans())
        | st.builds(replaced, place, TIMES, st.booleans() | JSON)
    )
    return st.binary(max_size=40) | texts.map(str.encode)


def lists_of(client: APIClient, order_id: object) -> dict[str, str]:
    """Each list that the document says is paged, and a cursor of it."""
    found = {}
    for path, ways in document()["paths"].items():
        if any(one["name"] == "cursor" for one in ways.get("get", {}).get("parameters", [])):
            for query in ["", *MORE.get(path, [])]:
                address = f"{path.format(order_id=order_id)}?{query}"
                following = client.get(f"{address}&limit=1").json()["next"]
                assert following, address
                found[address] = parse_qs(urlsplit(following).query)["cursor"][0]
    return found


@pytest.fixture
def lists(client_of: Callable[[User], APIClient]) -> Lists:
    world = stocked()
    create_category(name="Bath", by="test")
    put("CUP", name="Mug for two")
    admin = world.people["admin"]
    for _ in range(2):
        add_address(user=admin, facts=ADDRESS)
    job = start_import(key=upload(ContentFile(b"code,name,price\n")), filename="b.csv", by="test", mapping={})
    give_up(import_id=job.id, by="test")
    client = client_of(admin)
    return client, lists_of(client, world.confirmed.id)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_text_is_a_place_or_is_refused(lists: Lists, data: st.DataObject) -> None:
    client, known = lists
    address = data.draw(st.sampled_from(sorted(known)))
    cursor = quote(data.draw(cursors(known[address])))
    with transaction.atomic():  # so that a statement that fails is one finding, and not one of all that come after it
        answer = client.get(f"{address}&cursor={cursor}")
    if answer.status_code == 200:
        for link in filter(None, (answer.json()["next"], answer.json()["previous"])):
            assert client.get(link).status_code == 200
        return
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json"), answer.content
    assert [error["field"] for error in answer.json()["errors"]] == ["cursor"]
