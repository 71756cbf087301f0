"""The handlers, against a live shop that they reach over HTTP, with events as Cognito's developer guide shows them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from accounts.tests.cognito_events import SUB, post_confirmation, pre_authentication
from deploy.lambdas import triggers
from events.models import Event

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def environment(live_server: LiveServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("SHOP_API_URL", live_server.url)
    monkeypatch.setenv("TRIGGER_SECRET", settings.TRIGGER_SECRET)
    yield


def told() -> list[dict[str, Any]]:
    return list(Event.objects.filter(type="CustomerRegistered").values_list("data", flat=True))


@pytest.mark.parametrize("known", [True, False])
def test_who_may_sign_in_goes_on_with_the_event(known: bool) -> None:
    if known:
        User.objects.create_user("nora@example.com", cognito_sub=SUB)
    event = pre_authentication()
    assert triggers.pre_authentication(event, None) == event


def test_a_blocked_customer_hears_what_the_shop_says() -> None:
    User.objects.create_user("nora@example.com", cognito_sub=SUB, is_active=False)
    with pytest.raises(triggers.Refused, match=r"^This account is blocked\. Ask the shop\.$"):
        triggers.pre_authentication(pre_authentication(), None)


def test_people_of_another_domain_hear_what_the_shop_says(settings: Settings) -> None:
    settings.SIGN_IN_DOMAINS = frozenset({"example.org"})
    with pytest.raises(triggers.Refused, match="an e-mail address of this domain"):
        triggers.pre_authentication(pre_authentication(), None)


def test_a_sign_up_makes_the_customer_once_however_often_cognito_calls() -> None:
    event = post_confirmation("nöra@example.com", name="Nöra ☕", locale="de")
    assert triggers.post_confirmation(event, None) == event
    assert triggers.post_confirmation(event, None) == event
    user = User.objects.get()
    assert (user.cognito_sub, user.email, user.name, user.language) == (SUB, "nöra@example.com", "Nöra ☕", "de")
    assert told() == [{"customer_id": str(user.pk), "language": "de"}]


def test_a_new_password_makes_nothing() -> None:
    event = post_confirmation() | {"triggerSource": "PostConfirmation_ConfirmForgotPassword"}
    assert triggers.post_confirmation(event, None) == event
    assert not User.objects.exists()


def test_an_address_that_is_taken_is_told(customer: User) -> None:
    with pytest.raises(triggers.Refused, match="Another account has this e-mail address"):
        triggers.post_confirmation(post_confirmation(customer.email), None)


def test_another_secret_lets_nobody_in_and_is_in_no_message(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TRIGGER_SECRET", "another-secret-of-32-characters-or-more")
    with pytest.raises(triggers.Refused, match="cannot be checked right now"):
        triggers.pre_authentication(pre_authentication(), None)
    with pytest.raises(triggers.Refused, match="Sign in all the same"):
        triggers.post_confirmation(post_confirmation(), None)
    assert not User.objects.exists()
    assert "it answered 401" in caplog.text
    assert "another-secret" not in caplog.text
    assert "nora@example.com" not in caplog.text


def test_it_needs_nothing_but_the_standard_library() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", "import sys; sys.path.insert(0, sys.argv[1]); import triggers",
         str(Path(triggers.__file__).parent)],
        check=False,
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
