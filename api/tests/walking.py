"""Walking a list by the links of its pages, as clients do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rest_framework.test import APIClient


def there_and_back(client: APIClient, address: str, between: Callable[[], object] = lambda: None) -> list[list[str]]:
    """The ids on each page from the first to the last; the way back has led over the same pages.

    `between` is called after each page.
    """

    def walk(address: str | None, way: str) -> tuple[list[list[str]], dict[str, Any]]:
        pages: list[list[str]] = []
        page: dict[str, Any] = {}
        while address:
            answer = client.get(address)
            assert answer.status_code == 200, answer.content
            page = answer.json()
            pages.append([row["id"] for row in page["results"]])
            address = page[way]
            between()
        return pages, page

    there, last = walk(address, "next")
    back, first = walk(last["previous"], "previous")
    assert [there[-1], *back] == there[::-1]
    assert (first or last)["previous"] is None
    return there
