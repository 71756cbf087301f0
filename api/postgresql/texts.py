"""What PostgreSQL keeps of a text, and what it does not."""

from __future__ import annotations

import re

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL, and the halves of surrogate pairs, which JSON can write and UTF-8 cannot."""


def storable(text: str) -> str:
    """A text from outside, such as an error's, that is to be kept whatever it holds."""
    return UNSTORABLE.sub("\ufffd", text)
