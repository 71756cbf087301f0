"""How the catalog's pages show things: links, amounts, JSON, pictures, marks. All text is escaped."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.images.keys import public_url
from catalog.models import ProductImage, Variant
from catalog.money import money

LINK = "text-primary-600 dark:text-primary-500 underline"


def amount(price: Decimal, currency: str) -> str:
    return f"{money(price, currency)} {currency}"


def link(url: str, text: object) -> SafeString:
    return format_html('<a class="{}" href="{}">{}</a>', LINK, url, text)


def list_url(name: str, **query: object) -> str:
    """The address of an admin list, `app_model`, narrowed to what `query` says."""
    url = reverse(f"admin:{name}_changelist")
    return f"{url}?{urlencode(query)}" if query else url


def opens_dialog(url: str, text: object, label: str) -> SafeString:
    """A link that shows an action's form in unfold's dialog; `label` is what a screen reader says of it."""
    return format_html(
        '<a class="{}" href="{}" hx-get="{}" hx-target="#modal-content" hx-select="#dialog"'
        ' x-on:htmx:after-on-load="openModal = true" aria-label="{}">{}</a>',
        LINK,
        url,
        url,
        label,
        text,
    )


def stock_mark(variants: Collection[Variant]) -> SafeString:
    """The units of these variants together; red where all are sold out, amber where one is, or is low."""
    units = sum(variant.stock for variant in variants)
    scarce = [f"{one.sku}: {one.stock}" for one in variants if one.stock == 0 or is_low(one)]
    if not scarce:
        return format_html('<span class="catalog-stock">{}</span>', units)
    kind, word = ("low", "low") if units else ("out", "sold out")
    return format_html(
        '<span class="catalog-stock catalog-{}" title="{}">{} · {}</span>', kind, ", ".join(scarce), units, word
    )


def is_low(variant: Variant) -> bool:
    return variant.low_stock is not None and variant.stock <= variant.low_stock


def picture(image: ProductImage, css: str) -> SafeString:
    """A product's image, or its thumbnail once there is one."""
    key = image.thumbnail_key or image.key
    return format_html('<img class="{}" src="{}" alt="{}" loading="lazy">', css, public_url(key), image.alt)


def pretty(value: Any) -> SafeString:
    """JSON as a reader wants it."""
    return format_html('<pre class="catalog-json">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False))


def brief(value: Any) -> str:
    """A JSON value in a line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def before_and_after(changes: Mapping[str, list[Any]]) -> SafeString:
    """The fields of an audit row, each with what it was and what it became."""
    return format_html_join(
        "",
        '<div class="catalog-change"><b>{}</b> <del>{}</del> <span aria-label="became">→</span> <ins>{}</ins></div>',
        ((name, _side(before), _side(after)) for name, (before, after) in changes.items()),
    )


def _side(value: Any) -> SafeString | str:
    if value is None or value in ("", [], {}):
        return "nothing"
    if isinstance(value, (list, dict)):
        return format_html('<pre class="catalog-json">{}</pre>', "\n".join(_lines(value)))
    return brief(value)


def _lines(value: list[Any] | dict[str, Any]) -> list[str]:
    if isinstance(value, dict):
        return [f"{name}: {brief(inner)}" for name, inner in value.items()]
    return [", ".join(_lines(one)) if isinstance(one, dict) else brief(one) for one in value]
