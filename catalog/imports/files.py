"""Reading a product file row by row, whatever program wrote it: its encoding, its separator, its header.

Nothing here knows the catalog. A file that cannot be read raises BadImport. Memory does not grow with the file.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from catalog.errors import BadImport
from catalog.imports.columns import ATTRIBUTE, FIXED, REQUIRED, is_column

CHUNK = 64 * 1024
MAX_ROWS = 500_000
"""A worker reads over the rows that are done each time it goes on; with more of them it would come to nothing else."""
MAX_LINE = 256 * 1024
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab"}
NAMES = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252 (Latin-1)"}
WIDE = ("utf-16",)
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
NO_TEXT = "This is no text but a binary file, such as a workbook or a picture. Save the sheet as CSV (UTF-8)."


@dataclass(frozen=True)
class Format:
    """How the bytes are to be read. `encoding` is one of Python's, `separator` a character."""

    encoding: str
    separator: str

    @property
    def decimal_comma(self) -> bool:
        """Programs that separate fields by something else do so because their numbers have commas."""
        return self.separator != ","


@dataclass(frozen=True)
class Record:
    """A row of the file: the line where it begins (the header's is 1) and its fields."""

    line: int
    fields: list[str]


def detect(file: IO[bytes], mapping: Mapping[str, str]) -> Format:
    """Finds out the format, reading the file once. Raises BadImport."""
    encoding = _encoding(file)
    best = max(SEPARATORS, key=lambda separator: _columns_found(file, Format(encoding, separator), mapping))
    return Format(encoding, best)


def records(file: IO[bytes], format: Format) -> Iterator[Record]:
    """Every row with something in it, the header first. Raises BadImport where quotes do not match."""
    file.seek(0)
    text = io.TextIOWrapper(file, format.encoding, newline="")
    reader = csv.reader(_lines(text), delimiter=format.separator, strict=True)
    try:
        while True:
            line = reader.line_num + 1
            try:
                fields = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                raise BadImport(f"The row that begins in line {line} cannot be read: {error}.") from None
            if any(field.strip() for field in fields):
                yield Record(line, fields)
    finally:
        text.detach()


def _lines(text: IO[str]) -> Iterator[str]:
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE:
            raise BadImport(f"Line {number} has more than {MAX_LINE} characters: is this a CSV file?")
        yield line


def header_of(file: IO[bytes], format: Format) -> list[str]:
    """The names of the file's columns. Raises BadImport for an empty file."""
    header = next(records(file, format), None)
    if header is None:
        raise BadImport("The file is empty.")
    return header.fields


def count(file: IO[bytes], format: Format) -> int:
    """The rows below the header, all of them looked at. Raises BadImport."""
    rows = sum(1 for _ in records(file, format)) - 1
    if rows > MAX_ROWS:
        raise BadImport(f"The file has {rows} rows. Split it: one import takes {MAX_ROWS}.")
    return rows


def places(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    """Our column → its place in the file. `mapping` names ours → the file's; with one, other columns are ignored.

    Raises BadImport, naming each column that is missing, unknown, or there twice.
    """
    names = [_name(field) for field in header]
    named = [name for name in names if name]
    if twice := sorted({name for name in named if names.count(name) > 1}):
        raise BadImport(f"A column stands twice in the header: {', '.join(twice)}.")
    theirs = {ours: _name(name) for ours, name in mapping.items()}
    if missing := sorted(name for name in theirs.values() if name not in names):
        raise BadImport(f"The mapping names columns that the file does not have: {', '.join(missing)}.")
    found = {ours: names.index(name) for ours, name in theirs.items()}
    for place, name in enumerate(names):
        if is_column(name) and name not in found and place not in found.values():
            found[name] = place
    if missing := [name for name in REQUIRED if name not in found]:
        raise BadImport(f"The file has no column {', '.join(missing)}. It has: {', '.join(named)}.")
    unknown = [name for place, name in enumerate(names) if name and place not in found.values()]
    if unknown and not mapping:
        known = f"{', '.join(FIXED)}, {ATTRIBUTE}<name>"
        raise BadImport(f"Unknown columns: {', '.join(unknown)}. Known are {known}; others need a mapping.")
    return found


def _name(field: str) -> str:
    """A header's field as a column: fixed ones in any case; an attribute's name as it is, which may end in a blank."""
    if field.lstrip().startswith(ATTRIBUTE):
        return field.lstrip()
    name = field.strip()
    return name.lower() if name.lower() in FIXED else name


def _encoding(file: IO[bytes]) -> str:
    file.seek(0)
    head = file.read(4)
    if not head:
        raise BadImport("The file is empty.")
    if head.startswith(UTF_16):
        candidates = [*WIDE]
    else:
        candidates = ["utf-8-sig" if head.startswith(codecs.BOM_UTF8) else "utf-8", "cp1252"]
    for encoding in candidates:
        if _decodes(file, encoding):
            return encoding
    raise BadImport(f"The text is not {' or '.join(NAMES[one] for one in candidates)}.")


def _decodes(file: IO[bytes], encoding: str) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := file.read(CHUNK):
            # Zeros first: of a picture, some bytes are no text in any encoding, and that would tell less.
            if (b"\x00" in chunk and encoding not in WIDE) or "\x00" in decoder.decode(chunk):
                raise BadImport(NO_TEXT)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _columns_found(file: IO[bytes], format: Format, mapping: Mapping[str, str]) -> tuple[int, int]:
    wanted = {_name(name) for name in mapping.values()}
    try:
        names = [_name(field) for field in header_of(file, format)]
    except BadImport:
        return 0, 0
    return sum(is_column(name) or name in wanted for name in names), len(names)
