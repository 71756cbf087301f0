"""Reading a supplier's document. Its form is told by its bytes, and not by a name or type that its sender claims."""

from __future__ import annotations

from invoices.incoming import json_form, pdf_form, xml_form
from invoices.incoming.facts import MAX_BYTES, TOO_LARGE, Facts, Form, Refused, Wrong


def facts_of(content: bytes) -> Facts:
    """Raises Refused with all that is wrong. It comes from outside, so each form is read within limits."""
    if not content.strip():
        raise Refused(Wrong("", "empty", "The file is empty."))
    if len(content) > MAX_BYTES:
        raise Refused(TOO_LARGE)
    try:
        if pdf_form.looks_like_it(content):
            return xml_form.facts(pdf_form.embedded_xml(content), form=Form.PDF)
        if xml_form.looks_like_it(content):
            return xml_form.facts(content, form=Form.XML)
        return json_form.facts(content)
    except MemoryError:  # the worker's own limit, see WORKER_MEMORY_MIB
        raise Refused(Wrong("", "too_complex", "The file takes more memory than it may.")) from None
