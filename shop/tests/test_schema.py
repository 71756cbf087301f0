"""The OpenAPI document that the server gives out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.validation import validate_schema
from rest_framework.test import APIClient

from orders.reading.serializers import OrderFilters
from shop.tests.permissions import ENTRIES

OUTSIDE = {"/schema", "/docs", "/admin"}  # the document, its reader, and pages for people
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    answer = APIClient().get("/schema")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.oai.openapi+json"
    body: dict[str, Any] = answer.json()
    return body


def routes(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if path != "admin/":
                yield from routes(pattern.url_patterns, path)
        else:
            yield "/" + path, pattern


def test_it_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    validate_schema(document)  # type: ignore[no-untyped-call]  # raises


def test_it_documents_every_route_with_every_method(document: dict[str, Any]) -> None:
    expected = {
        (_shown(path), method)
        for path, pattern in routes(get_resolver().url_patterns)
        if path not in OUTSIDE
        for method in METHODS & set(dir(pattern.callback.view_class))  # type: ignore[attr-defined]
    }
    documented = {(path, method) for path, item in document["paths"].items() for method in METHODS & item.keys()}
    assert expected == documented
    assert ("/me", "patch") in documented


def test_it_says_how_to_sign_in_where_that_is_needed(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"]["cognito"]["scheme"] == "bearer"
    assert document["paths"]["/me"]["get"]["security"] == [{"cognito": []}]
    assert {} in document["paths"]["/auth/login"]["post"].get("security", [{}])


def test_it_says_what_every_call_answers(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            operation = item[method]
            assert operation["responses"], (path, method)
            assert operation.get("summary") or operation.get("description"), (path, method)
            assert "No response body" not in str(operation["responses"].get("200", "")), (path, method)


def test_it_names_every_outcome_of_every_call(document: dict[str, Any]) -> None:
    """All that the table of permissions has, which `test_permissions.py` holds the server to."""
    for entry in ENTRIES:
        if entry.path not in OUTSIDE:
            named = document["paths"][entry.path][entry.method.lower()]["responses"].keys()
            assert {outcome for outcome in entry.outcomes.values() if outcome.isdecimal()} <= named, str(entry)


def test_it_names_no_parameter_besides_those_of_the_call(document: dict[str, Any]) -> None:
    named = {parameter["name"] for parameter in document["paths"]["/orders/export"]["get"]["parameters"]}
    assert named == OrderFilters().fields.keys()


def test_docs_show_it(document: dict[str, Any]) -> None:
    page, script = APIClient().get("/docs"), APIClient().get("/docs?script=")
    assert (page.status_code, script.status_code) == (200, 200)
    assert '<script src="/docs?script="></script>' in page.content.decode()
    assert '"/schema"' in script.content.decode()


def test_docs_are_a_page_only_to_those_who_ask_for_one() -> None:
    client = APIClient(headers={"Accept": "text/html,*/*"})
    assert client.options("/docs").json()["name"] == "Docs"
    refused = client.post("/docs")
    assert (refused.status_code, refused["Content-Type"]) == (405, "application/problem+json")
    assert refused.json()["code"] == "method_not_allowed"
    unknown = client.get("/docs", headers={"Accept": "image/png"})
    assert (unknown.status_code, unknown.json()["code"]) == (406, "not_acceptable")


def _shown(path: str) -> str:
    """`/orders/<uuid:id>` as OpenAPI writes it: `/orders/{id}`."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)
