"""What holds at every address: problem documents, strict reading, methods, sizes, and the request's id."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User

ClientOf = Callable[[User], APIClient]
pytestmark = pytest.mark.django_db
GUEST = {"email": "g@example.com", "payment_method": "cash"}


def post(client: Client, body: str | bytes, content_type: str = "application/json", **headers: str) -> Any:
    return client.post("/orders", body, content_type=content_type, headers=headers)


def problem_of(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"urn:problem:{code}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer["X-Request-ID"]
    return problem


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "nonsense",
        "{'a': 1}",
        '{"a": 1,}',
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": 1e999}',
        '{"a": 9223372036854775808}',
        '{"a": ' + "9" * 5000 + "}",
        '{"a": "\\u0000"}',
        '{"a\\u0000": 1}',
        '{"a": "\\ud800"}',
        "[" * 40 + "]" * 40,
        "[" * 100_000,
        '{"a":' * 40_000,
        b'\xff\xfe{"a": 1}',
        '\ufeff{"a": 1}',
        '{"a": "line\nbreak"}',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_what_is_not_strict_json_is_400(client: Client, body: str | bytes) -> None:
    if body == "":  # no body at all is an empty object, whose fields are missing
        problem_of(post(client, body), 400, "validation_error")
    else:
        problem_of(post(client, body), 400, "invalid_json")


@pytest.mark.parametrize(
    "body",
    [
        '{"items": [' + ",".join(["1"] * 20_000) + "]}",
        "{" + ",".join(f'"k{number}": 1' for number in range(10_000)) + "}",
    ],
    ids=["items", "keys"],
)
def test_more_values_than_anything_needs_are_400(client: Client, body: str) -> None:
    problem = problem_of(post(client, body), 400, "invalid_json")

    assert "more than 20000 values" in problem["detail"]


def test_a_list_that_is_too_long_is_counted_before_it_is_checked(client: Client) -> None:
    problem = problem_of(post(client, json.dumps({"items": [{}] * 9_000})), 400, "validation_error")

    assert {"field": "items", "code": "max_length"} in [
        {key: row[key] for key in ("field", "code")} for row in problem["errors"]
    ]
    assert not [row for row in problem["errors"] if row["field"].startswith("items.")]


def test_only_so_many_wrong_fields_are_named(client: Client) -> None:
    body = json.dumps({f"colour{number}": "red" for number in range(500)})

    assert len(problem_of(post(client, body), 400, "validation_error")["errors"]) == 100


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("search=%00", "search"),
        ("attr.colour=a%00b", "attr.colour"),
        ("attr.%00=red", "attr.\x00"),
        ("search=%ff", "search"),
        ("attr.colour=%ed%a0%80", "attr.colour"),
    ],
)
def test_a_parameter_that_is_no_text_is_400_and_named(client: Client, query: str, field: str) -> None:
    problem = problem_of(client.get(f"/products?{query}"), 400, "validation_error")

    assert [row["field"] for row in problem["errors"]] == [field]


@pytest.mark.parametrize("query", ["&".join(f"attr.a{n}=1" for n in range(51)), "&" * 3000], ids=["many", "empty ones"])
def test_too_many_parameters_are_400(client: Client, query: str) -> None:
    answer = client.get(f"/products?{query}")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_the_schema_takes_no_parameter(client: Client) -> None:
    problem_of(client.get("/schema?version=%00"), 400, "validation_error")


@pytest.mark.parametrize("body", ['{"note": "a", "note": "b"}', '{"items": [{"sku": "A", "sku": "A"}]}'])
def test_a_repeated_key_is_400_and_named(client: Client, body: str) -> None:
    problem = problem_of(post(client, body), 400, "invalid_json")

    assert "stands twice" in problem["detail"]


@pytest.mark.parametrize("body", ["[]", '"text"', "5", "null", "true"])
def test_a_body_must_be_an_object(client: Client, body: str) -> None:
    problem_of(post(client, body), 400, "validation_error")


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "json",
    ],
)
def test_another_content_type_is_415(client: Client, content_type: str) -> None:
    problem_of(post(client, "a=1", content_type), 415, "unsupported_media_type")


def test_a_charset_may_be_named(client: Client) -> None:
    answer = post(client, json.dumps(GUEST), "application/json; charset=utf-8")

    problem_of(answer, 400, "validation_error")
    assert "items" in [row["field"] for row in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [("put", "/orders", {"GET", "POST"}), ("delete", "/orders", {"GET", "POST"}), ("post", "/health/live", {"GET"})],
)
def test_a_wrong_method_is_405_with_allow(client: Client, method: str, path: str, allow: set[str]) -> None:
    for headers in ({}, {"Authorization": "Bearer x.y.z"}):  # whoever asks: methods are no secret
        answer = getattr(client, method)(path, headers=headers)
        problem_of(answer, 405, "method_not_allowed")
        assert allow <= {name.strip() for name in answer["Allow"].split(",")}


def test_a_body_over_one_mebibyte_is_413(client: Client) -> None:
    exactly = json.dumps(GUEST | {"note": "x"}).ljust(1024 * 1024)

    problem_of(post(client, exactly), 400, "validation_error")
    problem_of(post(client, exactly + " "), 413, "body_too_large")
    problem_of(post(client, "x" * 2 * 1024 * 1024, "text/plain"), 413, "body_too_large")


@pytest.mark.parametrize("path", ["/orders/", "/health/live/", "/no-such", "/orders/x", "/orders/1/confirm", "/%00"])
def test_what_is_no_address_is_404(client: Client, path: str) -> None:
    problem_of(client.get(path), 404, "not_found")


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_query_parameter_is_400(staff: User, client_of: ClientOf, method: str) -> None:
    answer = getattr(client_of(staff), method)("/orders?colour=red")

    problem = problem_of(answer, 400, "validation_error")
    assert problem["errors"][0]["field"] == "colour"
    assert problem["errors"][0]["code"] == "unknown_field"


@pytest.mark.parametrize("header", ["Bearer x.y.z", "Bearer", "Basic YTpi", "Bearer a b", "nonsense", "Bearer é"])
def test_a_wrong_token_is_401_and_says_how_to_sign_in(client: Client, header: str) -> None:
    answer = client.get("/orders", headers={"Authorization": header})

    problem_of(answer, 401, "invalid_token")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_token_is_refused_where_guests_may_call(client: Client) -> None:
    problem_of(post(client, json.dumps(GUEST), Authorization="Bearer x.y.z"), 401, "invalid_token")


@pytest.mark.parametrize("given", ["request-1", "A.b_c-12", "x" * 128])
def test_a_request_id_is_taken_over(client: Client, given: str) -> None:
    assert client.get("/orders", headers={"X-Request-ID": given})["X-Request-ID"] == given
    assert client.get("/health/live", headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "short", "x" * 129, "with space", "line\\n12345", "ümlaut-123"])
def test_another_request_id_is_replaced(client: Client, given: str) -> None:
    sent = client.get("/orders", headers={"X-Request-ID": given})["X-Request-ID"]

    assert sent != given
    assert len(sent) == 32


def test_a_foreign_host_is_a_problem_document(client: Client) -> None:
    problem_of(client.get("/orders", headers={"Host": "evil.example"}), 400, "bad_request")


@pytest.mark.parametrize("accept", ["text/html", "application/xml"])
def test_what_is_not_json_cannot_be_asked_for(client: Client, accept: str) -> None:
    problem_of(client.get("/orders", headers={"Accept": accept}), 406, "not_acceptable")
