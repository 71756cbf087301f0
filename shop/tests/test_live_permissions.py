"""Who hears what on `/ws/events`: everybody of `callers.py` knocks, after something happened to each of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pytest_django.fixtures import Settings

from shop.tests.callers import CALLERS, CLIENT, people, token_of
from shop.tests.conftest import Listen, publish

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.made_up_events]

EVERYTHING = ["owner's", "other's", "guest's", "shop's"]
TABLE: dict[str, int | list[str]] = {
    "nobody": 4401,
    "owner": ["owner's"],
    "other": ["other's"],
    "catalog": ["shop's"],
    "support": EVERYTHING,
    "staff": EVERYTHING,
    "admin": EVERYTHING,
    "service": EVERYTHING,
    "bare": 4403,
    "blocked": 4403,
    "expired": 4401,
    "id": 4401,
    "foreign": 4401,
}
"""What each hears, or the code that the socket is closed with."""


def test_every_caller_is_in_the_table() -> None:
    assert tuple(TABLE) == CALLERS


@pytest.mark.parametrize("caller", CALLERS)
def test_everybody_hears_what_the_table_says(
    caller: str, listen: Listen, mint: Callable[..., str], settings: Settings
) -> None:
    settings.SERVICE_CLIENTS = {CLIENT: "warehouse"}
    known = people()
    publish(known["owner"], of="owner's")
    publish(known["other"], of="other's")
    publish(of="guest's")
    publish(type="ProductUpdated", of="shop's")
    # All that they may hear ends with this one, so that what they should not hear would have come before it.
    publish(known.get(caller), of="the last")
    feed = listen(token=token_of(caller, known, mint), after=0)
    expected = TABLE[caller]
    if isinstance(expected, int):
        assert feed.close_code() == expected
        return
    feed.hello()
    heard = [feed.read()["data"]["of"]]
    while heard[-1] != "the last":
        heard.append(feed.read()["data"]["of"])
    assert heard == [*expected, "the last"]
