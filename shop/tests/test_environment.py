"""A wrong setting stops the start, and the message names the variable."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.core.exceptions import ImproperlyConfigured

from shop.environment import Environment


def test_it_reads_each_kind() -> None:
    env = Environment(
        {
            "NAME": "Harbour",
            "ON": "true",
            "COUNT": "7",
            "FREE_FROM": "75.00",
            "HOSTS": "a.example, b.example",
            "PLACE": "https://shop.example/",
            "DATABASE_URL": "postgresql://shop:p%40ss@db.example:6543/shop",
        }
    )
    assert env.text("NAME", help="") == "Harbour"
    assert env.boolean("ON", help="") is True
    assert env.integer("COUNT", help="") == 7
    assert env.money("FREE_FROM", help="") == Decimal("75.00")
    assert env.words("HOSTS", help="") == ("a.example", "b.example")
    assert env.url("PLACE", help="") == "https://shop.example"
    assert env.database("DATABASE_URL", help="") == {
        "NAME": "shop",
        "USER": "shop",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "6543",
    }


def test_an_empty_value_counts_as_none_given() -> None:
    assert Environment({"NAME": ""}).text("NAME", "Harbour", help="") == "Harbour"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("boolean", "yes"),
        ("integer", "-1"),
        ("integer", "1.5"),
        ("integer", "٣"),
        ("money", "NaN"),
        ("money", "-1"),
        ("money", "ten"),
        ("url", "shop.example"),
        ("url", "ftp://shop.example"),
        ("database", "mysql://a@b/c"),
        ("database", "postgresql://only-a-host"),
    ],
)
def test_a_malformed_value_is_named(kind: str, value: str) -> None:
    env = Environment({"THE_SETTING": value})
    with pytest.raises(ImproperlyConfigured, match="THE_SETTING must"):
        getattr(env, kind)("THE_SETTING", help="what it is for")


@pytest.mark.parametrize(
    "value",
    ["warehouse", "warehouse=", "=id", "Warehouse=id", "ware house=id", "a=1,,b=2", "a=1,a=2", "a=1,b=1", "a=1;b=2"],
)
def test_a_setting_of_named_values_that_has_none_or_one_twice_stops_the_start(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SERVICE_CLIENTS"):
        Environment({"SERVICE_CLIENTS": value}).named("SERVICE_CLIENTS", help="")


def test_named_values_are_taken_with_commas_between_them() -> None:
    read = Environment({"SERVICE_CLIENTS": "warehouse=1a, book-keeping=2b"}).named("SERVICE_CLIENTS", help="")
    assert read == {"warehouse": "1a", "book-keeping": "2b"}
    assert Environment({}).named("SERVICE_CLIENTS", help="") == {}


def test_a_value_outside_the_choices_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match="LOG_LEVEL must be one of INFO, ERROR"):
        Environment({"LOG_LEVEL": "LOUD"}).text("LOG_LEVEL", choices=("INFO", "ERROR"), help="")


@pytest.mark.parametrize("value", ["0", "16"])
def test_a_number_outside_its_bounds_is_named(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SQS_WAIT must be a whole number from 1 to 15"):
        Environment({"SQS_WAIT": value}).integer("SQS_WAIT", minimum=1, maximum=15, help="")


def test_a_missing_value_is_named_with_its_purpose() -> None:
    with pytest.raises(ImproperlyConfigured, match="S3_BUCKET is not set: The bucket"):
        Environment({}).text("S3_BUCKET", help="The bucket.")


def test_a_malformed_secret_is_not_repeated() -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        Environment({"DATABASE_URL": "mysql://shop:hunter2@db/shop"}).database("DATABASE_URL", help="")
    assert "hunter2" not in str(caught.value)


def test_a_secret_that_is_too_short_stops_the_start_and_is_not_repeated() -> None:
    with pytest.raises(ImproperlyConfigured, match="TRIGGER_SECRET must have at least 32 characters") as caught:
        Environment({"TRIGGER_SECRET": "hunter2"}).secret("TRIGGER_SECRET", shortest=32, help="")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "because"),
    [
        ("shop.example/{order_id}/{token}", "must be an address that begins with http:// or https://"),
        ("ftp://shop.example/{order_id}/{token}", "must be an address that begins with http:// or https://"),
        ("https:///{order_id}/{token}", "must be an address that begins with http:// or https://"),
        ("https://shop.example/{order_id}", "must have {token} in it, once"),
        ("https://shop.example/{orderid}?t={token}", "must have {order_id} in it, once"),
        ("https://shop.example/{order_id}?t={token}&again={token}", "must have {token} in it, once"),
    ],
)
def test_an_address_without_its_places_stops_the_start(value: str, because: str) -> None:
    env = Environment({"ORDER_TRACKING_URL": value})
    with pytest.raises(ImproperlyConfigured, match=f"ORDER_TRACKING_URL {re.escape(because)}"):
        env.template("ORDER_TRACKING_URL", places=("order_id", "token"), help="")


def test_an_address_with_its_places_is_taken_as_it_is() -> None:
    value = "https://shop.example/follow/{order_id}#{token}"
    assert Environment({"PLACE": value}).template("PLACE", places=("order_id", "token"), help="") == value


@pytest.mark.parametrize("value", ["stock", "a@example.com, b", "Boss <boss@example.com>", "a b@example.com"])
def test_a_setting_that_holds_no_address_stops_the_start(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="STAFF_MAIL_TO"):
        Environment({"STAFF_MAIL_TO": value}).addresses("STAFF_MAIL_TO", (), help="")


def test_several_addresses_are_taken_with_commas_between_them() -> None:
    read = Environment({"STAFF_MAIL_TO": "a@example.com, b@example.com"}).addresses("STAFF_MAIL_TO", (), help="")
    assert read == ("a@example.com", "b@example.com")


@pytest.mark.parametrize("folder", ["templates", "/does/not/exist", __file__])
def test_a_folder_that_is_not_there_stops_the_start(folder: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="MAIL_TEMPLATES must be the whole path of a folder that is there"):
        Environment({"MAIL_TEMPLATES": folder}).folder("MAIL_TEMPLATES", "", help="Templates of the shop's own.")
