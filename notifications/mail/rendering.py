"""From a letter to the texts of its mail: subject, plain text and HTML, by three templates of the letter's kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string

from notifications.mail import mime
from notifications.mail.letters import Letter

LONGEST_SUBJECT = 200


@dataclass(frozen=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(letter: Letter) -> Rendered:
    """The mail's texts. Values are escaped in the HTML alone; a subject is one line, whatever is in the values."""
    context = {
        "shop": settings.SHOP_NAME,
        "shop_address": settings.SHOP_ADDRESS,
        "name": mime.one_line(letter.name),
        **letter.shown,
    }
    subject = mime.one_line(_filled(letter, "subject.txt", context))[:LONGEST_SUBJECT]
    context["subject"] = subject
    return Rendered(subject, _filled(letter, "txt", context), _filled(letter, "html", context))


def _filled(letter: Letter, ending: str, context: Mapping[str, Any]) -> str:
    return render_to_string(f"notifications/{letter.kind.value}.{ending}", dict(context))
