"""A shop's own templates take the place of ours, and cost no mail where they are broken."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from events.tests.delivering import deliver
from invoices.tests.conftest import PlaceOrder, the_event
from notifications.models import Mail
from notifications.tests.conftest import Post
from notifications.tests.reading import bodies

pytestmark = pytest.mark.django_db


@pytest.fixture
def own(tmp_path: Path, settings: Settings) -> Path:
    """The folder of the shop's own templates."""
    templates = deepcopy(settings.TEMPLATES)
    next(engine for engine in templates if engine.get("NAME") == "mails")["DIRS"] = [str(tmp_path)]
    settings.TEMPLATES = templates
    (tmp_path / "notifications").mkdir()
    return tmp_path / "notifications"


def test_one_template_can_be_replaced_alone(own: Path, place: PlaceOrder, post: Post) -> None:
    (own / "order_received.subject.txt").write_text("{{ shop }}: {{ order.number }} ist da")
    order = place(("MUG", 2))

    deliver(the_event("OrderCreated", order), "emails")

    assert str(post.only["Subject"]) == f"Harbour & Hearth: {order.number} ist da"
    assert "Stoneware mug" in bodies(post.only)[0]
    assert Mail.objects.get().template_fault == ""


def test_the_frame_of_all_mails_can_be_replaced(own: Path, place: PlaceOrder, post: Post) -> None:
    (own / "base.html").write_text("<!doctype html><h1>{% block headline %}{% endblock %}</h1><p>Our own frame")

    deliver(the_event("OrderCreated", place(("MUG", 2))), "emails")

    _, html = bodies(post.only)
    assert "<h1>Thank you, we have your order</h1><p>Our own frame" in html


@pytest.mark.parametrize(
    "broken",
    [
        ("order_received.html", "{% if order %}", "TemplateSyntaxError: Unclosed tag"),
        ("order_received.txt", "{% extends 'notifications/none.txt' %}", "TemplateDoesNotExist"),
        ("order_received.html", "{{ order.total|price:'XXX' }}{% load in_language %}", "TemplateSyntaxError"),
        ("order_received.html", "{% load in_language %}{{ order.total|price:'XXX' }}", "KeyError"),
        ("order_received.subject.txt", "\n  \n", "gives no subject"),
        ("base.html", "{% include 'notifications/base.html' %}", "RecursionError"),
    ],
)
def test_a_broken_one_costs_no_mail_and_is_told(
    broken: tuple[str, str, str], own: Path, place: PlaceOrder, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    file, source, why = broken
    (own / file).write_text(source)
    order = place(("MUG", 2))

    deliver(the_event("OrderCreated", order), "emails")

    assert str(post.only["Subject"]) == f"We have your order {order.number}"
    assert "Stoneware mug" in bodies(post.only)[1]
    row = Mail.objects.get()
    assert row.status == "sent"
    assert why in row.template_fault
    (logged,) = [one for one in caplog.records if one.levelname == "ERROR"]
    assert "order_received" in logged.getMessage()
    assert why in logged.getMessage()


def test_a_value_is_escaped_in_a_shops_own_html(own: Path, place: PlaceOrder, post: Post) -> None:
    (own / "order_received.html").write_text("<p>{{ name }}</p>")
    order = place(email="gus@example.com", name="<b>Gus</b>")

    deliver(the_event("OrderCreated", order), "emails")

    assert "<p>&lt;b&gt;Gus&lt;/b&gt;</p>" in bodies(post.only)[1]
