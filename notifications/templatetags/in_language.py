"""Amounts, rates and days in templates, in the language that is being written."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django import template
from django.utils.translation import get_language

from orders.wording import amount_in, day_in, rate_in

register = template.Library()


@register.filter
def price(amount: Decimal | str, currency: str) -> str:
    return amount_in(_language(), amount, currency)


@register.filter
def percent(rate: Decimal | str) -> str:
    return rate_in(_language(), rate)


@register.filter
def day(moment: datetime) -> str:
    return day_in(_language(), moment)


def _language() -> str:
    return get_language() or "en"
