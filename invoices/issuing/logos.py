"""The shop's logo, kept with the documents that show it: so they look the same when the shop has another one."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from django.conf import settings

from invoices.models import Logo


def logo() -> Logo | None:
    """The one of the setting SHOP_LOGO, kept by now; None where there is none."""
    if not settings.SHOP_LOGO:
        return None
    sha256, content, media_type = _file(settings.SHOP_LOGO)
    return Logo.objects.get_or_create(sha256=sha256, defaults={"content": content, "media_type": media_type})[0]


@cache
def _file(path: str) -> tuple[str, bytes, str]:
    content = Path(path).read_bytes()
    return hashlib.sha256(content).hexdigest(), content, "image/svg+xml" if path.endswith(".svg") else "image/png"
