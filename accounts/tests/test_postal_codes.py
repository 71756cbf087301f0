"""Postal codes by country: what is taken however it is typed, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.addresses.countries import COUNTRIES
from accounts.models import Address, User

ClientOf = Callable[[User], APIClient]
HOME = {"name": "Carla Customer", "line1": "1 Quay Street", "city": "Anywhere"}


def write(client: APIClient, country: str, code: str | None) -> Any:
    return client.post("/me/addresses", HOME | {"country": country} | ({} if code is None else {"postal_code": code}))


@pytest.mark.parametrize(
    ("country", "typed", "kept"),
    [
        ("DE", "20457", "20457"),
        ("DE", "D-20457", "20457"),
        ("DE", "D 20457", "20457"),
        ("DE", "DE-20457", "20457"),
        ("DE", "20 457", "20457"),
        ("AT", "A-1010", "1010"),
        ("CH", "CH-8001", "8001"),
        ("LI", "FL-9490", "9490"),
        ("GB", "sw1a1aa", "SW1A 1AA"),
        ("GB", "SW1A  1AA", "SW1A 1AA"),
        ("GB", "m2 5bq", "M2 5BQ"),
        ("GB", "bfpo 61", "BFPO 61"),
        ("NL", "1234ab", "1234 AB"),
        ("PL", "00950", "00-950"),
        ("PL", "00\u2013950", "00-950"),
        ("PT", "1250 096", "1250-096"),
        ("SE", "413 04", "413 04"),
        ("SE", "SE-413 04", "41304"),
        ("US", "95014", "95014"),
        ("US", "221621010", "22162-1010"),
        ("CA", "h3z2y7", "H3Z 2Y7"),
        ("JP", "\uff11\uff15\uff14\uff0d\uff10\uff10\uff12\uff13", "154-0023"),
        ("EG", "\u0664\u0664\u0665\u0661\u0661", "44511"),
        ("LV", "1073", "LV-1073"),
        ("LV", "lv1073", "LV-1073"),
        ("AD", "AD100", "AD100"),
        ("IE", "a65f4e2", "A65 F4E2"),
        ("AR", "1070", "1070"),
        ("KY", "ky11100", "KY1-1100"),
        ("BR", "40301110", "40301-110"),
    ],
)
def test_it_is_kept_as_the_countrys_post_writes_it(
    customer: User, client_of: ClientOf, country: str, typed: str, kept: str
) -> None:
    answer = write(client_of(customer), country, typed)

    assert (answer.status_code, answer.json()["postal_code"]) == (201, kept)
    assert write(client_of(customer), country, kept).json()["postal_code"] == kept


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("DE", "1"),
        ("DE", "2045"),
        ("DE", "204577"),
        ("DE", "A-20457"),
        ("DE", "2O457"),
        ("AT", "20457"),
        ("GB", "SW1A 1AA extra"),
        ("GB", "20457"),
        ("GB", "ZZ1 1AA"),
        ("US", "9501"),
        ("US", "95014-12"),
        ("IE", "1"),
        ("CL", "12"),
        ("DE", "-"),
        ("FR", "\ufdfa"),
    ],
)
def test_what_its_country_cannot_have_is_refused(customer: User, client_of: ClientOf, country: str, code: str) -> None:
    answer = write(client_of(customer), country, code)

    assert (answer.status_code, answer.json()["code"]) == (400, "validation_error")
    (error,) = answer.json()["errors"]
    assert (error["field"], error["code"]) == ("postal_code", "postal_code")
    assert error["message"].startswith(f"{country} has no such postal code: one is ")
    assert not Address.objects.exists()


@pytest.mark.parametrize("country", ["DE", "GB", "US", "FR", "AT"])
@pytest.mark.parametrize("code", [None, "", " "])
def test_it_is_asked_for_where_the_post_asks_for_it(
    customer: User, client_of: ClientOf, country: str, code: str | None
) -> None:
    answer = write(client_of(customer), country, code)

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"], error["code"]) == (400, "postal_code", "required")


@pytest.mark.parametrize(
    ("country", "code", "kept"),
    [
        ("HK", None, ""),
        ("AE", "", ""),
        ("HK", "999077", "999077"),
        ("AO", "none", "none"),
        ("IE", None, ""),
        ("CL", "", ""),
    ],
)
def test_it_may_be_left_out_where_the_post_does_without(
    customer: User, client_of: ClientOf, country: str, code: str | None, kept: str
) -> None:
    answer = write(client_of(customer), country, code)

    assert (answer.status_code, answer.json()["postal_code"]) == (201, kept)


def test_every_country_has_rules_and_takes_its_own_example(customer: User, client_of: ClientOf) -> None:
    """A country without a file in the data would be a 500, and one that refused all codes would shut people out."""
    client, with_codes = client_of(customer), 0
    for country in sorted(COUNTRIES):
        answer = write(client, country, "?")
        if answer.status_code == 400:
            with_codes += 1
            example = answer.json()["errors"][0]["message"].partition(": one is ")[2].rstrip(".")
            answer = write(client, country, example)
            assert answer.json().get("postal_code") == example, country
        assert answer.status_code == 201, country
        client.delete(answer["Location"])

    assert (len(COUNTRIES), with_codes) == (249, 178)
