"""The texts of our templates in other languages: gettext's catalogs, compiled by Babel, for few machines have msgfmt.

Translate in `notifications/locale/<language>/LC_MESSAGES/django.po`, then run `bin/manage translate_mails`.
"""

from __future__ import annotations

import io
import re
from ast import literal_eval
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

APP = Path(__file__).resolve().parent.parent
TEXT = re.compile(r"""gettext\(u?(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")
"""What Django makes of a template for xgettext to read. Plurals and contexts would look otherwise; no mail has any."""

HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def texts() -> set[str]:
    """All that our templates have to say, in English."""
    found: set[str] = set()
    for path in (APP / "templates").rglob("*.*"):
        source = templatize(path.read_text(encoding="utf-8"), origin=path.name)
        found |= {literal_eval(match["text"]) for match in TEXT.finditer(source)}
    return found


def sources() -> Iterator[Path]:
    yield from sorted((APP / "locale").glob("*/LC_MESSAGES/django.po"))


def read(source: Path) -> Catalog:
    with source.open("rb") as file:
        return read_po(file, locale=source.parent.parent.name)


def written(catalog: Catalog) -> bytes:
    """The `.po` file: sorted, and without the time, so that it differs only where a text does."""
    output = io.BytesIO(HEADER.format(language=catalog.locale).encode())
    output.seek(0, io.SEEK_END)
    write_po(output, catalog, sort_output=True, omit_header=True, width=0)
    return output.getvalue()


def compiled(catalog: Catalog) -> bytes:
    """The `.mo` file, from which texts are taken."""
    catalog.creation_date = catalog.revision_date = datetime(2026, 1, 1, tzinfo=UTC)  # else the moment, each time
    output = io.BytesIO()
    write_mo(output, catalog)
    return output.getvalue()
