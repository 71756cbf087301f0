"""Only our own trigger function may call the triggers' addresses, and only with an event that is one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tests.cognito_events import post_confirmation, pre_authentication, signed

pytestmark = pytest.mark.django_db
BOTH = [("/pre-authentication", pre_authentication), ("/confirmation", post_confirmation)]
SIGNATURE, TIMESTAMP = "HTTP_X_SHOP_SIGNATURE", "HTTP_X_SHOP_TIMESTAMP"


def send(path: str, request: dict[str, Any]) -> Any:
    return APIClient().generic("POST", path, **request)


def refused(path: str, request: dict[str, Any]) -> None:
    answer = send(path, request)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_signature")
    assert answer["WWW-Authenticate"] == "Shop-Signature"
    assert not User.objects.exists()


@pytest.mark.parametrize(("path", "event"), BOTH)
@pytest.mark.parametrize("missing", [SIGNATURE, TIMESTAMP])
def test_a_call_without_its_proof_is_refused(path: str, event: Any, missing: str) -> None:
    request = signed(event())
    del request[missing]
    refused(path, request)


@pytest.mark.parametrize(("path", "event"), BOTH)
@pytest.mark.parametrize(("age", "status"), [(280, 200), (-280, 200), (320, 401), (-320, 401)])
def test_five_minutes_are_tolerated(path: str, event: Any, age: int, status: int) -> None:
    assert send(path, signed(event(), age=age)).status_code == status


@pytest.mark.parametrize(("path", "event"), BOTH)
def test_another_secret_is_refused(path: str, event: Any) -> None:
    refused(path, signed(event(), secret="x" * 40))


@pytest.mark.parametrize(("path", "event"), BOTH)
def test_what_was_changed_on_the_way_is_refused(path: str, event: Any) -> None:
    request = signed(event())
    refused(path, request | {"data": request["data"].replace(b"nora", b"eve", 1)})
    refused(path, request | {"data": request["data"] + b" "})  # the same JSON, but other bytes
    refused(path, request | {TIMESTAMP: str(int(request[TIMESTAMP]) - 1)})


@pytest.mark.parametrize("timestamp", ["", "now", "1e9", "-1", " 1", "١٧", "9" * 5000, "nan"])
def test_a_time_that_is_none_is_refused(timestamp: str) -> None:
    refused("/confirmation", signed(post_confirmation()) | {TIMESTAMP: timestamp})


@pytest.mark.parametrize("change", ["v1=", "", "v2={}", "{}", "v1={} ", "v1=é{}", "v1={},v1={}", "V1={}"])
def test_a_proof_of_another_form_is_refused(change: str) -> None:
    request = signed(post_confirmation())
    refused("/confirmation", request | {SIGNATURE: change.replace("{}", request[SIGNATURE].removeprefix("v1="))})


def test_a_token_is_no_proof(client_of: Any, staff: User) -> None:
    answer = client_of(staff).post("/confirmation", post_confirmation())
    assert answer.status_code == 401
    assert User.objects.count() == 1


def test_an_unsigned_body_is_not_even_read() -> None:
    refused("/confirmation", signed(b"{", secret="x" * 40))


@pytest.mark.parametrize(("path", "event"), BOTH)
def test_the_events_of_another_pool_are_refused(path: str, event: Any) -> None:
    answer = send(path, signed(event() | {"userPoolId": "eu-central-1_Other"}))
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_pool")
    assert not User.objects.exists()


@pytest.mark.parametrize(("path", "event"), BOTH)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("userPoolId", None),
        ("userPoolId", 7),
        ("triggerSource", "PreSignUp_SignUp"),
        ("request", []),
        ("request.userAttributes", "x"),
        ("request.userAttributes.sub", "x" * 65),
        ("request.userAttributes.email", "x" * 250 + "@example.com"),
        ("request.userAttributes.name", ["Nora"]),
    ],
)
def test_an_event_of_another_form_is_told_which_field(path: str, event: Any, field: str, value: Any) -> None:
    changed = event()
    *parents, name = field.split(".")
    place = changed
    for parent in parents:
        place = place[parent]
    place[name] = value
    answer = send(path, signed(changed))
    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error"), answer.json()
    assert field in [row["field"] for row in answer.json()["errors"]]


def test_an_event_goes_to_its_own_address_alone() -> None:
    assert send("/confirmation", signed(pre_authentication())).status_code == 400
    assert send("/pre-authentication", signed(post_confirmation())).status_code == 400


def test_a_sign_up_without_a_sub_belongs_to_nobody() -> None:
    event = post_confirmation()
    del event["request"]["userAttributes"]["sub"]
    answer = send("/confirmation", signed(event))
    assert answer.json()["errors"][0]["field"] == "request.userAttributes.sub"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b'{"version": "1", "version": "1"}', b"\xff"])
def test_a_signed_body_that_is_no_event_is_400(body: bytes) -> None:
    assert send("/confirmation", signed(body)).status_code == 400


def test_other_content_types_are_415_and_too_much_is_413() -> None:
    assert send("/confirmation", signed(post_confirmation()) | {"content_type": "text/plain"}).status_code == 415
    large = json.dumps(post_confirmation(note="x" * 1024 * 1024)).encode()
    assert send("/confirmation", signed(large)).status_code == 413
