"""What a user pool's attributes say of a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT_LANGUAGE = "en"
LOCALE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{2}))?")


@dataclass(frozen=True)
class Profile:
    """What the pool knows of a user that an access token alone does not say."""

    email: str
    email_verified: bool
    name: str
    language: str = DEFAULT_LANGUAGE


def profile_from(attributes: Mapping[str, str]) -> Profile:
    """The profile that attributes tell of, as GetUser and the triggers give them: all of them texts, flags too."""
    return Profile(
        email=attributes.get("email", "").strip().lower(),
        email_verified=attributes.get("email_verified") == "true",
        name=" ".join(attributes.get("name", "").split())[:150],  # one line: it comes to stand in mails and tables
        language=_language(attributes.get("locale", "")),
    )


def _language(locale: str) -> str:
    """The language of a locale such as `de_AT` (OpenID Connect allows `-` and `_`), as accounts keep it."""
    found = LOCALE.fullmatch(locale)
    if not found:
        return DEFAULT_LANGUAGE
    language, country = found.groups()
    return f"{language.lower()}-{country.upper()}" if country else language.lower()
