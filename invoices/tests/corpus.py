"""Odd orders and their documents, made by the shop's own arithmetic and drafts, without a database.

Each is a case that a template, a font or a rule of EN 16931 may stumble over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.test import override_settings

from accounts.models import User
from invoices.issuing import drafts
from invoices.issuing.credit import Credit
from invoices.issuing.numbers import Number
from invoices.models import Invoice, Logo
from invoices.words import words
from orders.models import Order, OrderLine, ShippingMethod
from orders.placing.pricing import Price, price, sum_of
from orders.refunds.services import tax_in

NOW = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)
HAMBURG = {
    "name": "Carla Customer",
    "line1": "Große Elbstraße 14",
    "postal_code": "22767",
    "city": "Hamburg",
    "country": "DE",
}
SELLER = {
    "SHOP_NAME": "Harbour & Hearth",
    "SHOP_ADDRESS": "1 Quay Street, 20457 Hamburg, DE",
    "SHOP_COUNTRY": "DE",
    "SHOP_TAX_ID": "22/123/45678",
    "SHOP_VAT_ID": "DE123456789",
    "SHOP_CITY": "Hamburg",
    "SHOP_IBAN": "DE02120300000000202051",
    "SHOP_BIC": "BYLADEM1001",
    "SHOP_PIX_KEY": "",
    "INVOICE_PAPER": "A4",
    "INVOICE_PAYMENT_DAYS": 14,
    "INVOICE_NUMBER_FORMAT": "{series}-{year}-{sequence:06}",
}
SHIP = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 300 120">'
    b'<path fill="#b3552c" d="M150 8 L150 78 L84 78 Z"/><path fill="#0f3d4c" d="M162 26 L162 78 L222 78 Z"/>'
    b'<path fill="#0f3d4c" d="M60 88 L246 88 Q232 114 206 114 L98 114 Q74 114 60 88 Z"/></svg>'
)
LOGO = Logo(sha256=hashlib.sha256(SHIP).hexdigest(), media_type="image/svg+xml", content=SHIP)
Item = tuple[str, str, int, str, str]
"""SKU, name, quantity, unit price, tax rate."""

MUG: Item = ("MUG", "Stoneware mug", 2, "12.90", "19")
BOOK: Item = ("BOOK", "Harbour tales", 1, "24.99", "7")


LONGEST_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


@dataclass(frozen=True)
class Case:
    """An order, and of its documents the one that is looked at: the invoice, or the last credit note of `refunds`."""

    items: Sequence[Item]
    shipping: str = "4.90"
    shipping_rate: str = "19"
    currency: str = "EUR"
    gross: bool = True
    address: dict[str, str] = field(default_factory=lambda: dict(HAMBURG))
    billing: dict[str, str] | None = None
    language: str = "en"
    payment: str = "credit_card"
    refunds: Sequence[str] = ()
    reason: str = "It came chipped."
    logo: bool = False
    seller: dict[str, Any] = field(default_factory=dict)


def at(country: str, name: str = "Carla Customer", **parts: str) -> dict[str, str]:
    return {"name": name, "line1": "2 Harbour Road", "postal_code": "20457", "city": "Port", "country": country} | parts


def many(count: int, price: str, *rates: str) -> list[Item]:
    return [
        (f"PART-{n:03}", f"Spare part no. {n}", 1 + n % 3, price, rates[n % len(rates)]) for n in range(1, count + 1)
    ]


CORPUS: dict[str, Case] = {
    "plain": Case([MUG, BOOK]),
    "german, by transfer": Case([MUG, BOOK], language="de", payment="cash"),
    "french": Case([MUG, BOOK], language="fr", address=at("FR", "Élodie d’Aubigné", city="Aix-en-Provence")),
    "spanish, net": Case([MUG, BOOK], language="es", gross=False, address=at("ES", "Íñigo Peñalver", city="A Coruña")),
    "brazilian, by pix": Case(
        [("CUIA", "Cuia de chimarrão", 3, "89.90", "17")],
        language="pt-br",
        currency="BRL",
        payment="cash",
        shipping="19.90",
        shipping_rate="17",
        address=at("BR", "João Conceição", region="RS", city="Porto Alegre", postal_code="90010-000"),
        seller={
            "SHOP_NAME": "Cais & Lareira",
            "SHOP_ADDRESS": "Rua do Cais 1, Porto Alegre",
            "SHOP_COUNTRY": "BR",
            "SHOP_CITY": "Porto Alegre",
            "SHOP_VAT_ID": "",
            "SHOP_TAX_ID": "12.345.678/0001-95",
            "SHOP_IBAN": "",
            "SHOP_BIC": "",
            "SHOP_PIX_KEY": "12345678000195",
        },
    ),
    "american, on letter": Case(
        [("MUG", "Stoneware mug", 2, "14.00", "8.88")],
        currency="USD",
        gross=False,
        shipping_rate="0",
        address=at("US", "Sam O’Neill", region="NY", city="Brooklyn", postal_code="11201"),
        seller={"INVOICE_PAPER": "by country"},
    ),
    "with a logo": Case([MUG, BOOK], logo=True),
    "no tax at all": Case([("TEA", "Tea", 1, "7.40", "0")], shipping_rate="0"),
    "three rates and zero": Case(
        [MUG, BOOK, ("BREAD", "Rye bread", 3, "3.33", "2.10"), ("STAMP", "Stamps", 10, "0.95", "0")]
    ),
    "three rates, net": Case(
        [MUG, BOOK, ("BREAD", "Rye bread", 3, "3.33", "2.10"), ("STAMP", "Stamps", 10, "0.95", "0")], gross=False
    ),
    "one cent": Case([("DOT", "A dot", 1, "0.01", "19")], shipping="0"),
    "a gift, for nothing": Case([("GIFT", "A gift", 1, "0.00", "19")], shipping="0"),
    "free shipping": Case([("MUG", "Stoneware mug", 10, "12.90", "19")], shipping="0"),
    "yen, without minor units": Case(
        [("CUP", "湯呑み", 3, "1280", "10"), ("TEA", "煎茶", 7, "333", "8")],
        currency="JPY",
        shipping="550",
        shipping_rate="10",
        address=at("JP", "山田 太郎", line1="千代田区丸の内1-9-1", city="東京都", postal_code="100-0005"),
    ),
    "dinars, three minor units": Case(
        [("RUG", "Rug", 1, "129.905", "5"), ("OUD", "Oud", 2, "33.335", "5")],
        currency="KWD",
        shipping="2.750",
        shipping_rate="5",
        address=at("KW", "فاطمة الزهراء", line1="شارع الخليج العربي ١٢", city="الكويت", postal_code="13001"),
    ),
    "hebrew": Case([("BOOK", "ספר על הים, כרך 2", 1, "24.99", "17")], address=at("IL", "נועה בן־דוד", city="תל אביב")),
    "chinese": Case([("TEA", "大红袍 武夷山岩茶 (50克)", 2, "38.00", "19")], address=at("CN", "王小明", city="厦门市")),
    "korean": Case([("TEA", "제주 녹차", 1, "18.00", "19")], address=at("KR", "김민준", city="서울특별시")),
    "emoji and marks": Case(
        [("FUN", "Party box 🎉🍵👩‍👩‍👧 ❤️ Zalgo t̷e̷x̷t̷ ﷽", 1, "19.00", "19")], address=at("DE", "Zoë 🌊 ’n’ Co\u202e")
    ),
    "markup": Case(
        [("X<1>", '<b>bold</b> & "quoted" {{ 7 }} <img src="file:///etc/passwd">', 1, "1.00", "19")],
        address=at("DE", "<script>alert(1)</script>"),
    ),
    "long names": Case(
        [
            (
                "LONG-" + "X" * 59,
                "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft " * 2,
                1,
                "9.00",
                "19",
            )
        ],
        address=at(
            "DE",
            "Dr. Maximiliane Freifrau von und zu Hohenstein-Wittgenstein-Sayn-Berleburg" * 2,
            line2="c/o " + "Y" * 90,
        ),
    ),
    "large amounts": Case([("SHIP", "A ship", 3, "987654321.99", "19")], payment="cash"),
    "thousands of one thing": Case([("NAIL", "Nail", 9999, "0.03", "19")]),
    "prices that do not divide": Case(
        [("TRIO", "A third of a set", 3, "3.33", "19"), ("SEPT", "A seventh", 7, "1.43", "7")]
    ),
    "no net price of two decimals": Case([("PENS", "Pens", 7, "1.00", "19")]),
    "300 lines": Case(many(300, "7.35", "19", "7")),
    "300 lines of five cents": Case(many(300, "0.05", "7"), shipping="0"),
    "120 lines in yen": Case(many(120, "105", "10"), currency="JPY", shipping="0", address=at("JP")),
    "600 lines of five cents, net": Case(many(600, "0.05", "7"), gross=False, shipping="0"),
    "billed to another": Case(
        [MUG], billing=at("AT", "Hafenkontor GmbH", line2="Buchhaltung", city="Wien", postal_code="1010")
    ),
    "abroad, in a country without postal codes": Case(
        [MUG], address={"name": "A. Ng", "line1": "1 Peak Road", "city": "Hong Kong", "country": "HK"}
    ),
    "refunded in whole": Case([MUG, BOOK], refunds=["55.69"]),
    "refunded in part": Case(
        [MUG, BOOK],
        refunds=["10.00"],
        language="de",
        reason="Ein Becher kam zerbrochen an 😀",
    ),
    "the rest after two parts": Case([MUG, BOOK], refunds=["10.00", "0.01", "45.68"], language="fr"),
    "one yen refunded": Case(
        [("CUP", "Cup", 3, "1280", "10")], currency="JPY", shipping="0", refunds=["1"], address=at("JP")
    ),
    "net, refunded in part": Case([MUG, BOOK], gross=False, refunds=["20.00"], language="es"),
    "fils refunded": Case(
        [("RUG", "Rug", 1, "129.905", "5")], currency="KWD", shipping="0", refunds=["0.005"], address=at("KW")
    ),
}


def document(name: str) -> Invoice:
    """The case's document, as issuing would save it."""
    case = CORPUS[name]
    with override_settings(**SELLER | case.seller):
        order, items = _order(case)
        logo = LOGO if case.logo else None
        invoice = drafts.invoice_of(order, items, number=Number("INV", 2026, 42), now=NOW, logo=logo)
        return _identified(_last_note(case, invoice, logo) if case.refunds else invoice)


def _identified(invoice: Invoice) -> Invoice:
    invoice.id = UUID(int=7)
    return invoice


def _order(case: Case) -> tuple[Order, list[OrderLine]]:
    items, prices = [], []
    for position, (sku, name, quantity, unit_price, rate) in enumerate(case.items):
        cost = price(Decimal(unit_price), quantity, Decimal(rate), case.currency, includes_tax=case.gross)
        prices.append(cost)
        items.append(
            OrderLine(
                position=position,
                sku=sku,
                name=name,
                quantity=quantity,
                unit_price=Decimal(unit_price),
                tax_rate=Decimal(rate),
                tax=cost.tax,
                total=cost.total,
            )
        )
    shipping = price(Decimal(case.shipping), 1, Decimal(case.shipping_rate), case.currency, includes_tax=case.gross)
    whole = sum_of([*prices, shipping])
    return _with_totals(case, prices, shipping, whole), items


def _with_totals(case: Case, prices: Iterable[Price], shipping: Price, whole: Price) -> Order:
    return Order(
        id=UUID(int=1),
        number="2026-000123",
        customer=User(language=case.language),
        email="carla@example.com",
        currency=case.currency,
        payment_method=case.payment,
        shipping_method=ShippingMethod(code="economic", name="Economic"),
        shipping_address=case.address,
        billing_address=case.billing,
        prices_include_tax=case.gross,
        items_total=sum_of(prices).total,
        shipping_total=shipping.total,
        shipping_tax_rate=Decimal(case.shipping_rate),
        tax_total=whole.tax,
        total=whole.total,
        created_at=NOW.replace(day=24),
    )


def _last_note(case: Case, invoice: Invoice, logo: Logo | None) -> Invoice:
    """The credit notes one after another, as refunds follow each other: taxes as `orders/refunds` work them out."""
    notes: list[Invoice] = []
    refunded = Decimal(0)
    for sequence, amount in enumerate(map(Decimal, case.refunds), 1):
        tax = tax_in(invoice.order, refunded + amount) - tax_in(invoice.order, refunded)
        refunded += amount
        part = Credit(amount, tax, words(invoice.language)["refund"])
        number = Number("CN", 2026, sequence)
        notes.append(drafts.credit_note_of(part, invoice, notes, number=number, now=NOW, logo=logo, reason=case.reason))
    return notes[-1]
