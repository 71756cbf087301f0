"""Every template can be looked at with made-up data, in every language, before anybody is sent it."""

from __future__ import annotations

import itertools
from copy import deepcopy
from pathlib import Path

import pytest
from django.conf import settings as shop_settings
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from catalog.tests.staff_browser import Browser
from notifications.models import Mail

pytestmark = pytest.mark.django_db
PAGE = "/admin/notifications/mail/samples/"
ALL = list(itertools.product(Mail.Kind.values, (code for code, _ in shop_settings.LANGUAGES)))


def test_each_kind_is_shown_in_each_language(staff: User) -> None:
    browser, subjects = Browser(staff), set()
    for kind, language in ALL:
        page = browser.get(f"{PAGE}?kind={kind}&language={language}")
        rendered = page.context["rendered"]
        assert rendered.fault == "", (kind, language)
        assert rendered.text.strip()
        assert f'<html lang="{language}">' in rendered.html
        subjects.add((language, rendered.subject))
        assert page.content.decode().count('<iframe sandbox="" srcdoc="&lt;!doctype html&gt;') == 2

    assert len(subjects) == len(ALL)
    assert Mail.objects.count() == 0


def test_markup_in_a_samples_values_has_no_power(staff: User) -> None:
    page = Browser(staff).get(f"{PAGE}?kind=order_cancelled&language=en")

    assert "Two mugs &lt;too&gt; many" in page.context["rendered"].html
    assert "Two mugs <too> many" in page.context["rendered"].text
    assert "<too>" not in page.content.decode()


def test_what_is_wrong_with_a_shops_own_template_is_shown(staff: User, tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "notifications").mkdir()
    (tmp_path / "notifications" / "welcome.html").write_text("{% endfor %}")
    templates = deepcopy(settings.TEMPLATES)
    next(engine for engine in templates if engine.get("NAME") == "mails")["DIRS"] = [str(tmp_path)]
    settings.TEMPLATES = templates

    page = Browser(staff).get(f"{PAGE}?kind=welcome&language=en").content.decode()

    assert "template is broken" in page
    assert "TemplateSyntaxError" in page


@pytest.mark.parametrize("query", ["kind=none&language=en", "kind=welcome&language=xx"])
def test_a_sample_that_there_is_not_is_not_found(query: str, staff: User) -> None:
    assert Browser(staff).get(f"{PAGE}?{query}").status_code == 404


def test_nobody_but_staff_sees_them(customer: User) -> None:
    client = Client()
    assert client.get(PAGE).status_code == 302
    client.force_login(customer, backend="accounts.backends.CognitoBackend")
    assert client.get(PAGE).status_code in (302, 403)
