"""A signed-in person's browser, as far as forms go: what a page shows is what comes back, but for what is typed in."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

from django.test import Client

from accounts.models import User

Fields = dict[str, Any]
UNSENT, TICKED = {"submit", "file"}, {"checkbox", "radio"}


class _Form(HTMLParser):
    """Collects the fields of the form with an id as a browser would send them, without its buttons."""

    def __init__(self, id: str) -> None:
        super().__init__()
        self.id, self.inside, self.fields = id, False, Fields()
        self.select = self.textarea = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.inside = has.get("id") == self.id
        name = has.get("name", "")
        if tag == "select":
            self.select = name
        if not self.inside or "__prefix__" in name:
            self.textarea = ""
        elif tag == "option" and self.select and ("selected" in has or self.select not in self.fields):
            self.fields[self.select] = has.get("value", "")
        elif tag == "textarea":
            self.textarea, self.fields[name] = name, ""
        elif tag == "input" and name and has.get("type") not in UNSENT | (set() if "checked" in has else TICKED):
            self.fields[name] = has.get("value", "")

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.fields[self.textarea] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.textarea:
            self.fields[self.textarea] = self.fields[self.textarea].removeprefix("\n")
            self.textarea = ""
        if tag in ("select", "form"):
            self.select = ""
            self.inside = self.inside and tag != "form"


class Browser(Client):
    def __init__(self, user: User) -> None:
        super().__init__()
        self.force_login(user, backend="accounts.backends.CognitoBackend")

    def opened(self, path: str, form: str) -> Fields:
        """The fields of a page's form."""
        return fields_of(self.get(path), form)


def fields_of(page: Any, form: str) -> Fields:
    assert page.status_code == 200, page
    reader = _Form(form)
    reader.feed(page.content.decode())
    assert reader.fields, f"no form {form}"
    return reader.fields


def text_of(page: Any) -> str:
    """What a person reads on a page, or in a part of its HTML: without tags, spaces folded."""
    body = page if isinstance(page, str) else page.content.decode()
    return " ".join(re.sub(r"(?s)<(script|style)\b.*?</\1>|<[^>]+>", " ", body).split())
