"""Each template with made-up data, in each language, as a phone and a desk show it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from notifications.mail.rendering import render
from notifications.mail.samples import sample
from notifications.models import Mail


def page(request: HttpRequest, frame: dict[str, Any]) -> HttpResponse:
    """The sample that the query names by `kind` and `language`. `frame` is what every page of the admin shows."""
    languages = dict(settings.LANGUAGES)
    kind = request.GET.get("kind", Mail.Kind.ORDER_RECEIVED)
    language = request.GET.get("language", settings.SHOP_LANGUAGE)
    if kind not in Mail.Kind.values or language not in languages:
        raise Http404("There is no such sample.")
    context = {
        **frame,
        "title": "Samples of all mails",
        "kinds": [(value, label, _address(value, language)) for value, label in Mail.Kind.choices],
        "languages": [(code, name, _address(kind, code)) for code, name in languages.items()],
        "kind": kind,
        "language": language,
        "rendered": render(sample(Mail.Kind(kind), language)),
    }
    return TemplateResponse(request, "admin/notifications/mail/samples.html", context)


def _address(kind: str, language: str) -> str:
    return f"{reverse('admin:notifications_mail_samples')}?kind={kind}&language={language}"
