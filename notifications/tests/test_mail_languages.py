"""Buyers are written to in their language: its words, its way to write amounts and days, and no word of another."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings as shop_settings
from pytest_django.fixtures import Settings

from accounts.events import CustomerRegistered
from accounts.models import User
from events.outbox import record
from events.tests.delivering import deliver
from invoices.tests.conftest import IssueFor, PlaceOrder, the_event
from notifications.mail import catalogs
from notifications.models import Mail
from notifications.tests.conftest import Post
from notifications.tests.reading import bodies
from orders.models import Order
from orders.tests.conftest import ADDRESS
from orders.wording import amount_in, day_in, rate_in

pytestmark = pytest.mark.django_db

PLACES = re.compile(r"%\((\w+)\)s")


@pytest.mark.parametrize(
    "case",
    [
        ("en", "en", "We have your order {number}", "€55.69"),
        ("de", "de", "Ihre Bestellung {number} ist bei uns", "55,69 €"),
        ("de-AT", "de", "Ihre Bestellung {number} ist bei uns", "55,69 €"),
        ("fr-CA", "fr", "Nous avons votre commande {number}", "55,69 €"),
        ("es", "es", "Tenemos su pedido {number}", "55,69 €"),
        ("pt-BR", "pt-br", "Recebemos o seu pedido {number}", "€ 55,69"),
        ("pt", "pt-br", "Recebemos o seu pedido {number}", "€ 55,69"),
        ("nl", "en", "We have your order {number}", "€55.69"),
    ],
)
def test_a_customer_reads_the_language_of_the_account(
    case: tuple[str, str, str, str], customer: User, place: PlaceOrder, post: Post
) -> None:
    tag, language, subject, total = case
    customer.language = tag
    customer.save(update_fields=["language"])
    order = place(("MUG", 2), ("BOOK", 1))

    deliver(the_event("OrderCreated", order), "emails")

    assert str(post.only["Subject"]) == subject.format(number=order.number)
    text, html = bodies(post.only)
    assert total in text
    assert total.replace(" ", "\u00a0") in html
    assert f'<html lang="{language}">' in html
    assert Mail.objects.get().language == language


@pytest.mark.parametrize(
    ("country", "language"),
    [("AT", "de"), ("FR", "fr"), ("BR", "pt-br"), ("MX", "es"), ("IE", "en"), ("CH", "es"), ("IT", "es"), ("", "es")],
)
def test_a_guest_reads_the_language_of_the_country_where_it_has_one(
    country: str, language: str, place: PlaceOrder, post: Post, settings: Settings
) -> None:
    settings.SHOP_LANGUAGE = "es"  # for who has two of ours, and for who has none
    order = place(email="gus@example.com")
    Order.objects.update(shipping_address=ADDRESS | {"country": country})

    deliver(the_event("OrderCreated", order), "emails")

    assert Mail.objects.get().language == language


def test_a_link_says_until_when_in_words_of_the_language(place: PlaceOrder, post: Post) -> None:
    order = place(email="gus@example.com")
    Order.objects.update(shipping_address=ADDRESS | {"country": "FR"})

    deliver(the_event("OrderCreated", order), "emails")

    text, _ = bodies(post.only)
    assert "Suivre votre commande" in text
    assert re.search(r"Jusqu’au \d{1,2} \w+ 20\d\d ; quiconque", text)


def test_a_confirmation_and_a_welcome_are_translated_too(customer: User, issue_for: IssueFor, post: Post) -> None:
    customer.language = "de-CH"
    customer.save(update_fields=["language"])
    invoice = issue_for(("MUG", 2))

    deliver(the_event("InvoiceGenerated", invoice.order), "emails")
    deliver(record(CustomerRegistered(customer_id=str(customer.id), language="de-CH")), "emails")

    confirmed, welcome = post.mails
    assert f"Ihre Rechnung {invoice.number} hängt als PDF an" in bodies(confirmed)[0]
    assert str(welcome["Subject"]) == "Willkommen bei Harbour & Hearth"


def test_what_a_language_cannot_change_stays(customer: User, place: PlaceOrder, post: Post) -> None:
    """A request's or a worker's language is what it was: nobody else's texts change with a mail's."""
    customer.language = "fr"
    customer.save(update_fields=["language"])

    deliver(the_event("OrderCreated", place(("MUG", 1))), "emails")
    customer.language = "en"
    customer.save(update_fields=["language"])
    deliver(the_event("OrderCreated", place(("MUG", 1))), "emails")

    assert "Thank you, we have your order" in bodies(post.mails[1])[1]


@pytest.mark.parametrize(
    ("language", "amount", "currency", "written"),
    [
        ("en", "1234.50", "EUR", "€1,234.50"),
        ("en", "-5.00", "EUR", "-€5.00"),
        ("en", "1234.50", "CHF", "CHF\u00a01,234.50"),
        ("de", "1234.50", "CHF", "1.234,50\u00a0CHF"),
        ("fr", "1234567.00", "EUR", "1\u202f234\u202f567,00\u00a0€"),
        ("pt-br", "10.00", "BRL", "R$\u00a010,00"),
        ("de", "1290", "JPY", "1.290\u00a0¥"),
        ("en", "12.905", "KWD", "KWD\u00a012.905"),
        ("es", "10.50", "HUF", "10,50\u00a0HUF"),
    ],
)
def test_an_amount_keeps_each_of_its_digits(language: str, amount: str, currency: str, written: str) -> None:
    assert amount_in(language, amount, currency) == written


def test_rates_and_days_are_written_as_the_language_does() -> None:
    order = Order()
    order.created_at = order.created_at.replace(year=2026, month=3, day=7)

    assert [rate_in(language, "5.50") for language in ("en", "de", "fr")] == ["5.5%", "5,5\u00a0%", "5,5\u00a0%"]
    assert rate_in("en", "19.00") == "19%"
    assert [day_in(language, order.created_at) for language, _ in shop_settings.LANGUAGES] == [
        "7 March 2026",
        "7 de março de 2026",
        "7. März 2026",
        "7 mars 2026",
        "7 de marzo de 2026",
    ]


def test_every_language_of_the_shop_has_a_catalog() -> None:
    names = {source.parent.parent.name.lower().replace("_", "-") for source in catalogs.sources()}

    assert names == {code for code, _ in shop_settings.LANGUAGES} - {"en"}


@pytest.mark.parametrize("source", catalogs.sources(), ids=lambda path: path.parent.parent.name)
def test_a_catalog_says_all_that_the_templates_say_and_no_more(source: Path) -> None:
    translated = {str(message.id): str(message.string) for message in catalogs.read(source) if message.id}

    assert set(translated) == catalogs.texts(), "Run: bin/manage translate_mails, and translate what is new"
    assert [text for text, translation in translated.items() if not translation.strip()] == []
    for text, translation in translated.items():
        assert set(PLACES.findall(translation)) == set(PLACES.findall(text)), translation


@pytest.mark.parametrize("source", catalogs.sources(), ids=lambda path: path.parent.parent.name)
def test_what_is_compiled_is_what_is_written(source: Path) -> None:
    with source.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)

    for message in catalogs.read(source):
        if message.id:
            assert compiled.gettext(str(message.id)) == message.string, "Run: bin/manage translate_mails"
