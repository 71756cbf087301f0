"""Which characters the machine's fonts have, so that none is lost in a document that has no picture of it.

A PDF/A may hold no placeholder glyph. What no font can draw is written by its code point, ⟨U+1F375⟩: ugly, but it says
what was there, and the XML inside the document has the character itself.
"""

from __future__ import annotations

import ctypes
import unicodedata
from functools import cache

SYSTEM_FONTS = 0  # FcSetSystem
UNSEEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
"""Categories of characters that are no picture: control characters, formats, what Unicode does not know."""
LAYOUT = {"\u200c", "\u200d", "\u200e", "\u200f", "\u2066", "\u2067", "\u2068", "\u2069"}
"""Those that say how letters join and which way they run."""
VARIATIONS = range(0xFE00, 0xFE10)


class _FontSet(ctypes.Structure):
    _fields_ = [("count", ctypes.c_int), ("room", ctypes.c_int), ("fonts", ctypes.POINTER(ctypes.c_void_p))]


def legible(text: str) -> str:
    """`text` in one line, as it can be drawn: invisible characters left out, and without a glyph, their code points."""
    return "".join(_shown(character) for character in unicodedata.normalize("NFC", text))


@cache
def _shown(character: str) -> str:
    if character in LAYOUT:
        return character
    if unicodedata.category(character) in UNSEEN or ord(character) in VARIATIONS:
        return " " if character in "\t\n\r\x0b\x0c\x85\u2028\u2029" else ""
    return character if character.isspace() or _can_draw(ord(character)) else f"⟨U+{ord(character):04X}⟩"


def _can_draw(code: int) -> bool:
    library, charset = _coverage()
    return bool(library.FcCharSetHasChar(charset, ctypes.c_uint32(code)))


@cache
def _coverage() -> tuple[ctypes.CDLL, ctypes.c_void_p]:
    """fontconfig, which WeasyPrint chooses fonts by, and all that the system's fonts have together."""
    library = ctypes.CDLL("libfontconfig.so.1")
    library.FcCharSetCreate.restype = ctypes.c_void_p
    library.FcConfigGetFonts.restype = ctypes.POINTER(_FontSet)
    library.FcConfigGetFonts.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.FcPatternGetCharSet.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
    library.FcCharSetMerge.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    library.FcCharSetHasChar.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    library.FcInit()
    together = ctypes.c_void_p(library.FcCharSetCreate())
    system = library.FcConfigGetFonts(None, SYSTEM_FONTS)
    for index in range(system.contents.count if system else 0):
        charset = ctypes.c_void_p()
        if library.FcPatternGetCharSet(system.contents.fonts[index], b"charset", 0, ctypes.byref(charset)) == 0:
            library.FcCharSetMerge(together, charset, None)
    return library, together
