"""The language that a buyer reads, and amounts, rates and days as they are written in it.

Languages are named as Django names them (`settings.LANGUAGES`): `en`, `pt-br`. How each writes numbers and dates is in
CLDR, which Babel brings.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache

from babel import Locale
from babel.dates import format_date
from babel.languages import get_official_languages
from babel.numbers import NumberPattern, get_currency_symbol, parse_pattern
from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_supported_language_variant

from catalog.money import DIGITS, money
from orders.models import Order

EUROPEAN_ENGLISH = "en_GB"
"""Of days alone: 7 November 2026, where `en` is American. No day is written in figures."""


def language_of(order: Order) -> str:
    """The account's language; a guest's is that of the country of delivery, where it has one of ours and no other."""
    return spoken(order.customer.language) if order.customer else _of_country(order.shipping_address.get("country", ""))


def spoken(tag: str) -> str:
    """The language of ours that is nearest to `tag`, such as `de-AT`; the shop's own for one that we have not."""
    try:
        return get_supported_language_variant(tag.lower())
    except LookupError:
        return str(settings.SHOP_LANGUAGE)


def _of_country(code: str) -> str:
    ours = {name.partition("-")[0] for name, _ in settings.LANGUAGES}
    official = ours & set(get_official_languages(code, de_facto=True))
    return spoken(official.pop()) if len(official) == 1 else str(settings.SHOP_LANGUAGE)


def amount_in(language: str, amount: Decimal | str, currency: str) -> str:
    """ "€1,234.50", "1.234,50 €", with the digits that ISO 4217 counts, and no-break spaces. Nothing is rounded."""
    exact = amount if isinstance(amount, str) else money(amount, currency)
    locale = _locale(language)
    pattern = _currency_pattern(locale, DIGITS[currency], get_currency_symbol(currency, locale)[-1].isalpha())
    return str(pattern.apply(Decimal(exact), locale, currency=currency, currency_digits=False))


def rate_in(language: str, rate: Decimal | str) -> str:
    """ "19%", "5,5 %": per cent, with no more digits than there are."""
    locale = _locale(language)
    pattern = locale.percent_formats[None].pattern.replace("##0", "##0.##")
    return str(parse_pattern(pattern).apply(Decimal(rate) / 100, locale))


def day_in(language: str, moment: datetime) -> str:
    """ "7 November 2026", "7. November 2026", in the shop's time zone."""
    locale = EUROPEAN_ENGLISH if language == "en" else _locale(language)
    return format_date(timezone.localtime(moment), "long", locale=locale)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")


@cache
def _currency_pattern(locale: Locale, digits: int, letters: bool) -> NumberPattern:
    """Babel's pattern with the digits that we count, and with the space that CLDR has between letters and a number."""
    written = locale.currency_formats["standard"].pattern
    pattern = parse_pattern(written.replace("¤#", "¤\u00a0#") if letters else written)
    pattern.frac_prec = (digits, digits)
    return pattern
