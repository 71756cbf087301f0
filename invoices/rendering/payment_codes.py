"""The QR code by which a banking app fills in the payment: a SEPA credit transfer, or Pix.

Sources: EPC069-12 version 2.1, European Payments Council; "Manual de Padrões para Iniciação do Pix", Banco Central do
Brasil, which is an EMV QR code (EMVCo, merchant-presented mode).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal

import segno
from segno import helpers

LONGEST_NAME = 70


def sepa_transfer(seller: Mapping[str, str], amount: str, reference: str) -> segno.QRCode:
    """`amount` in EUR, as the API writes it."""
    return helpers.make_epc_qr(
        name=seller["name"][:LONGEST_NAME],
        iban=seller["iban"],
        amount=Decimal(amount),
        text=reference,
        bic=seller.get("bic"),
        encoding="utf-8",
    )


def pix(seller: Mapping[str, str], amount: str, reference: str) -> segno.QRCode:
    """`amount` in BRL, as the API writes it."""
    return segno.make_qr(pix_text(seller, amount, reference), error="m")


def pix_text(seller: Mapping[str, str], amount: str, reference: str) -> str:
    """What the code says, which people also copy and paste: `pix copia e cola`."""
    account = _field(0, "br.gov.bcb.pix") + _field(1, seller["pix_key"])
    name, town = _plain(seller["name"], 25), _plain(seller.get("city", ""), 15) or "BRASIL"
    text = (
        _field(0, "01")
        + _field(26, account)
        + _field(52, "0000")
        + _field(53, "986")  # BRL
        + _field(54, amount)
        + _field(58, "BR")
        + _field(59, name)
        + _field(60, town)
        + _field(62, _field(5, re.sub(r"[^A-Za-z0-9]", "", reference)[:25] or "***"))
        + "6304"
    )
    return f"{text}{crc16(text.encode()):04X}"


def _field(tag: int, value: str) -> str:
    return f"{tag:02}{len(value):02}{value}"


def _plain(text: str, longest: int) -> str:
    """In ASCII, as far as letters have a base: the lengths count bytes, and banks expect no others."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return " ".join(bare.split())[:longest].strip()


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE: polynomial 0x1021, begins with 0xFFFF."""
    value = 0xFFFF
    for byte in data:
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1) ^ 0x1021 if value & 0x8000 else value << 1
        value &= 0xFFFF
    return value
