"""The text of a Pix code, and characters that no font has."""

from __future__ import annotations

import re

import pytest

from invoices.rendering.glyphs import legible
from invoices.rendering.payment_codes import crc16, pix_text

SELLER = {"name": "Cais & Lareira Comércio de Utensílios", "city": "São José dos Campos", "pix_key": "+5551999999999"}


def fields(text: str) -> dict[str, str]:
    """Tag → value of an EMV text."""
    found = {}
    while text:
        tag, length = text[:2], int(text[2:4])
        found[tag], text = text[4 : 4 + length], text[4 + length :]
    return found


def test_a_pix_code_says_whom_how_much_and_what_for() -> None:
    told = fields(pix_text(SELLER, "289.60", "INV-2026-000042"))

    assert fields(told["26"]) == {"00": "br.gov.bcb.pix", "01": "+5551999999999"}
    assert (told["53"], told["54"], told["58"]) == ("986", "289.60", "BR")
    assert (told["59"], told["60"]) == ("Cais & Lareira Comercio d", "Sao Jose dos Ca")
    assert fields(told["62"]) == {"05": "INV2026000042"}


def test_its_checksum_is_the_one_of_the_central_banks_own_example() -> None:
    example = (
        "00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-426655440000"
        "5204000053039865802BR5913Fulano de Tal6008BRASILIA62070503***6304"
    )

    assert crc16(example.encode()) == 0x1D3D
    text = pix_text(SELLER, "0.01", "***")
    assert text[-4:] == f"{crc16(text[:-4].encode()):04X}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Tea\u202etxt.exe", "Teatxt.exe"),
        ("one\ttwo\nthree\x00", "one two three"),
        ("e\u0301", "é"),
        ("\u2764\ufe0f", "\u2764"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_left_out(text: str, shown: str) -> None:
    assert legible(text) == shown


def test_what_no_font_has_is_told_by_its_code_point() -> None:
    signs = "".join(map(chr, range(0x1D800, 0x1DAAC)))  # Sutton SignWriting, for which hardly any machine has a font

    shown = legible(signs)

    assert shown == signs or re.match(r"⟨U\+1D800⟩⟨U\+1D801⟩", shown)
    assert legible("Tee für Zoë, 5 €") == "Tee für Zoë, 5 €"
