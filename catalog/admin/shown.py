"""How the catalog's pages show things: links, amounts, JSON, pictures, marks. All text is escaped."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.images.keys import public_url
from catalog.models import ProductImage, Variant
from catalog.money import money

LINK = "text-primary-600 dark:text-primary-500 hover:underline"


def amount(price: Decimal, currency: str) -> str:
    return f"{money(price, currency)} {currency}"


def moment(at: datetime) -> str:
    """A time in one line, UTC as everywhere in the shop."""
    return f"{at:%-d %b %Y, %H:%M}"


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
    """The fields of an audit row, each with what it was and what it became; of what is new or gone, what it had."""
    return format_html_join("", '<div class="catalog-change"><b>{}</b> {}</div>', _told(changes))


def _told(changes: Mapping[str, list[Any]]) -> Iterator[tuple[str, SafeString]]:
    whole = "id" in changes  # made or deleted: then every field is told
    for name, (before, after) in changes.items():
        had, has = (_side(one) for one in _parted(before, after))
        if not whole:
            arrow = '<del>{}</del> <span aria-label="became">→</span> <ins>{}</ins>'
            yield name, format_html(arrow, had or "nothing", has or "nothing")
        elif name != "id" and (had or has):
            yield name, format_html("<ins>{}</ins>" if has else "<del>{}</del>", has or had)


def _parted(before: Any, after: Any) -> tuple[Any, Any]:
    """Of two lists, what is in one of them alone; of the same things in another order, all."""
    if not (isinstance(before, list) and isinstance(after, list)):
        return before, after
    gone, new = ([one for one in side if one not in other] for side, other in ((before, after), (after, before)))
    return (gone, new) if gone or new else (before, after)


def _side(value: Any) -> SafeString | str:
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, (list, dict)):
        return format_html('<pre class="catalog-json">{}</pre>', "\n".join(_lines(value)))
    return brief(value)


def _lines(value: list[Any] | dict[str, Any]) -> list[str]:
    if isinstance(value, list):
        return [", ".join(_lines(one)) if isinstance(one, dict) else brief(one) for one in value]
    if "thumbnail_url" in value:  # an image, of which two may have one text
        return [f"{value['alt'] or 'without a text'} (…{value['id'][-4:]})"]
    if value.keys() == {"id", "name", "slug"}:  # a category
        return [value["name"]]
    return [f"{name}: {brief(inner)}" for name, inner in value.items() if inner not in (None, {}, [])]
