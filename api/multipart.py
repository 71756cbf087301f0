"""Reading a `multipart/form-data` body (RFC 7578) as strictly as JSON: each part once, and text that is UTF-8."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from django.core.exceptions import TooManyFieldsSent, TooManyFilesSent
from django.http.multipartparser import MultiPartParser, MultiPartParserError
from rest_framework.parsers import BaseParser

from api.problems import Invalid, Problem

UNREADABLE = "\ufffd"
"""What Django puts where bytes are no UTF-8."""


class BadMultipart(Problem):
    code = "invalid_multipart"


class StrictMultiPartParser(BaseParser):
    """Makes `request.data` a dict: part → its text, or its file where the part has a file's name.

    Raises BadMultipart (400) for a body that is no multipart, and Invalid for a part that stands twice.
    """

    media_type = "multipart/form-data"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        request = (parser_context or {})["request"]
        meta = {**request.META, "CONTENT_TYPE": media_type}
        try:
            fields, uploads = MultiPartParser(meta, stream, request.upload_handlers, "utf-8").parse()
        except MultiPartParserError as error:
            raise BadMultipart(f"The body is not multipart/form-data: {error}") from None
        except (TooManyFieldsSent, TooManyFilesSent):
            raise BadMultipart("The body has too many parts.") from None
        named = [name for parts in (fields, uploads) for name, values in parts.lists() for _ in values]
        if repeated := sorted(name for name in set(named) if named.count(name) > 1):
            raise Invalid(repeated[0][:100], "repeated", "This part stands twice.")
        texts = {name: str(values[0]) for name, values in fields.lists()}
        for name, text in texts.items():
            if UNREADABLE in name + text:
                raise Invalid(name[:100], "invalid", "This part is not UTF-8.")
        return _Parsed(texts, _Files((name, values[0]) for name, values in uploads.lists()))


class _Files(dict[str, Any]):
    """As the framework merges it with the texts, and as Django closes the files at the end of the request."""

    def lists(self) -> Iterator[tuple[str, list[Any]]]:
        return ((name, [file]) for name, file in self.items())


class _Parsed(NamedTuple):
    data: dict[str, str]
    files: _Files
