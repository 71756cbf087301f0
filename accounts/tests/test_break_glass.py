"""The account for when Cognito is away: who makes it, who gets in by it, and that nobody else does."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from accounts.tests.conftest import StandIn

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "glass@example.com"


def break_glass(*options: str) -> str:
    """Its password, as the command prints it."""
    said = StringIO()
    call_command("break_glass", EMAIL, *options, stdout=said)
    found = re.search(r"^Password: (\S+)$", said.getvalue(), re.MULTILINE)
    return found[1] if found else said.getvalue()


def sign_in(client: Client, email: str, password: str) -> bool:
    client.post("/admin/login/?next=/admin/", {"username": email, "password": password})
    return bool(client.get("/admin/").status_code == 200)


@pytest.fixture
def no_cognito(cognito: StandIn) -> None:
    cognito.shutdown()
    cognito.server_close()


def test_while_cognito_is_away_it_gets_in(client: Client, no_cognito: None, caplog: pytest.LogCaptureFixture) -> None:
    password = break_glass()
    assert len(password) >= 32
    assert sign_in(client, EMAIL, password)
    assert not sign_in(Client(), EMAIL, "something-else-altogether")
    entry = LogEntry.objects.get(user__email=EMAIL)
    assert (entry.is_addition(), entry.change_message) == (True, "Made for an emergency, by manage.py break_glass.")
    assert "emergency account" in caplog.text
    assert password not in caplog.text
    assert EMAIL not in caplog.text


def test_given_again_it_gets_a_new_password_and_the_old_sign_ins_end(client: Client, no_cognito: None) -> None:
    first = break_glass()
    assert sign_in(client, EMAIL, first)
    second = break_glass()
    assert client.get("/admin/").status_code == 302
    assert not sign_in(Client(), EMAIL, first)
    assert sign_in(Client(), EMAIL, second)
    assert User.objects.count() == 1


def test_taken_away_it_gets_in_no_more_and_its_deeds_stay_in_the_log(client: Client, no_cognito: None) -> None:
    password = break_glass()
    assert sign_in(client, EMAIL, password)
    assert "cannot sign in any more" in break_glass("--remove")
    assert client.get("/admin/").status_code == 302
    assert not sign_in(Client(), EMAIL, password)
    assert [entry.is_deletion() for entry in LogEntry.objects.filter(user__email=EMAIL)] == [True, False]
    with pytest.raises(CommandError, match="There is no emergency account"):
        break_glass("--remove")
    assert sign_in(Client(), EMAIL, break_glass())


def test_it_takes_no_account_over_that_signs_in_by_cognito(staff: User) -> None:
    staff_row = User.objects.filter(pk=staff.pk).values().get()
    for options in ((), ("--remove",)):
        with pytest.raises(CommandError, match=r"Take another address|no emergency account"):
            call_command("break_glass", staff.email.upper(), *options, stdout=StringIO())
    assert User.objects.filter(pk=staff.pk).values().get() == staff_row


def test_a_password_in_the_row_of_somebody_else_lets_nobody_in(client: Client, no_cognito: None, staff: User) -> None:
    staff.set_password("break-in-case-of-fire")
    staff.save()
    assert not sign_in(client, staff.email, "break-in-case-of-fire")


def test_it_refuses_what_is_no_address() -> None:
    with pytest.raises(CommandError, match="nobody is no e-mail address"):
        call_command("break_glass", "nobody", stdout=StringIO())


@pytest.mark.parametrize(
    ("typed", "because"),
    [(["short"], "15 characters or more"), (["long-enough-to-be-taken", "and-another"], "two different passwords")],
)
def test_a_password_that_is_typed_must_be_long_and_typed_twice(
    monkeypatch: pytest.MonkeyPatch, typed: list[str], because: str
) -> None:
    answers = iter(typed)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    with pytest.raises(CommandError, match=because):
        break_glass()
    assert not User.objects.exists()


def test_a_password_that_is_typed_is_not_printed(
    monkeypatch: pytest.MonkeyPatch, client: Client, no_cognito: None
) -> None:
    answers: Any = iter(["long-enough-to-be-taken"] * 2)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    assert break_glass() == f"{EMAIL} may sign in to /admin, until --remove.\n"
    assert sign_in(client, EMAIL, "long-enough-to-be-taken")
