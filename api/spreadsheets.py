"""Tables as CSV files, which people open in a spreadsheet: sent while they are made, in memory of one size."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing

from django.http import StreamingHttpResponse

from api.renderers import JSONRenderer

Rows = Iterable[Sequence[str]]

# What a spreadsheet takes for the beginning of a formula (OWASP, “CSV Injection”), whatever apostrophes stand before.
_DANGEROUS = re.compile(r"'*(?:[=+\-@\t\r\n]|\Z)")


class CSVRenderer(JSONRenderer):
    """Lets a client ask for `text/csv`. What is refused is told in JSON all the same."""

    media_type = "text/csv"
    format = "csv"


def guarded(text: str) -> str:
    """`text` as a cell that no spreadsheet runs: an apostrophe before what it could. `plain` takes it off again."""
    return f"'{text}" if _DANGEROUS.match(text) else text


def plain(cell: str) -> str:
    """What a cell says: the reverse of `guarded` for every text, and nothing is taken from `'90s mug`."""
    return cell[1:] if cell.startswith("'") and _DANGEROUS.match(cell[1:]) else cell


def download(filename: str, columns: Sequence[str], batches: Generator[Rows, None, None]) -> StreamingHttpResponse:
    """A file to save, of rows that come in batches; each is sent before the next one is asked for.

    A database that cannot be reached is told before the answer begins. Should it fail later, the answer ends in the
    middle of its last chunk, and the client sees that it is not whole.
    """
    chunks = _chunks(columns, batches)
    first = next(chunks)
    answer = StreamingHttpResponse(_all(first, chunks), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{filename}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _chunks(columns: Sequence[str], batches: Generator[Rows, None, None]) -> Generator[bytes, None, None]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    with closing(batches):  # a client that goes away leaves no cursor behind
        for batch in batches:
            writer.writerows(batch)
            yield _taken(buffer)
    if rest := _taken(buffer):
        yield rest


def _all(first: bytes, rest: Generator[bytes, None, None]) -> Iterator[bytes]:
    with closing(rest):
        yield first
        yield from rest


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
