"""From a letter to the texts of its mail: subject, plain text and HTML, by three templates of the letter's kind.

A shop's own templates come first (the setting MAIL_TEMPLATES, see docs/mails.md). One of them that is broken costs no
mail: it is then made of ours, and keeps what was wrong.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template import Context, Engine, engines
from django.utils import translation

from notifications.mail import mime
from notifications.mail.letters import Letter

log = logging.getLogger(__name__)
LONGEST_SUBJECT = 200
THE_SHOPS, OURS = "mails", "django"
"""Engines of the setting TEMPLATES. The first one finds ours, too, where the shop has none of its own."""


@dataclass(frozen=True)
class Rendered:
    """`fault` says what is wrong with the shop's own templates; empty where they were used, or there are none."""

    subject: str
    text: str
    html: str
    fault: str = ""


def render(letter: Letter) -> Rendered:
    """The mail's texts in its language. Values are escaped in the HTML alone; a subject is one line in any case."""
    with translation.override(letter.language):
        try:
            return _rendered(letter, THE_SHOPS)
        except Exception as error:  # noqa: BLE001  (whatever a template of somebody else's raises)
            fault = f"{type(error).__name__}: {error}"
        rendered = _rendered(letter, OURS, fault)  # raises where it was no fault of the shop's
    log.error("the shop's own templates for %s (%s) are broken, ours are used: %s", letter.kind, letter.language, fault)
    return rendered


def _rendered(letter: Letter, engine: str, fault: str = "") -> Rendered:
    templates: Engine = engines[engine].engine  # type: ignore[attr-defined]  # of Django's own kind, both
    context: dict[str, Any] = {
        "shop": settings.SHOP_NAME,
        "shop_address": settings.SHOP_ADDRESS,
        "name": mime.one_line(letter.name),
        **letter.shown,
    }

    def filled(ending: str) -> str:
        template = templates.get_template(f"notifications/{letter.kind.value}.{ending}")
        # Added to, it is no longer marked as safe: where the admin shows the mail, all of it is text.
        return template.render(Context(context, autoescape=ending == "html")) + ""

    subject = context["subject"] = mime.one_line(filled("subject.txt"))[:LONGEST_SUBJECT]
    if not subject:
        raise ValueError(f"{letter.kind.value}.subject.txt gives no subject")
    return Rendered(subject, filled("txt"), filled("html"), fault)
