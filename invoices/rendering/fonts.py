"""The fonts of all documents, and the memory that WeasyPrint would not give back of each text in them.

A layout of Pango's takes font features (here: tabular figures) as a list that owns its attributes. WeasyPrint 70 puts
one attribute into all lists and so can free none of them: 37 KiB of each document stay in the process for good. Here
every list has an attribute of its own and goes with its layout, as Pango would have it
(https://docs.gtk.org/Pango/method.AttrList.insert.html, https://docs.gtk.org/Pango/method.Layout.set_attributes.html).

This reaches into names that are not WeasyPrint's public ones, so no other version is touched;
`test_a_document_leaves_next_to_nothing_in_the_process` tells if one needs it.
"""

from __future__ import annotations

import functools
from typing import Any

import weasyprint
from weasyprint.text.ffi import ffi, pango
from weasyprint.text.fonts import FontConfiguration
from weasyprint.text.line_break import Layout

KEEPS_LISTS = ("70.0",)


class _EachItsOwn(dict[bytes, Any]):
    """Where WeasyPrint looks for an attribute that it has made before."""

    def setdefault(self, features: bytes, attribute: Any = None) -> Any:
        return attribute


@functools.cache
def fonts() -> FontConfiguration:
    """One for all documents: each new one would leave a third of a MiB behind in the process, for good."""
    configuration = FontConfiguration()
    if weasyprint.__version__ in KEEPS_LISTS:
        configuration.font_features = _EachItsOwn()
        Layout.setup = _giving_back(Layout.setup)
    return configuration


def _giving_back(setup: Any) -> Any:
    @functools.wraps(setup)
    def with_less(layout: Layout, style: Any) -> None:
        setup(layout, style)
        attributes = pango.pango_layout_get_attributes(layout.layout)
        if attributes != ffi.NULL and isinstance(style.font_config.font_features, _EachItsOwn):
            pango.pango_attr_list_unref(attributes)  # its maker's share: the layout has one of its own

    return with_less
