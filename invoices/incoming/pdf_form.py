"""The PDF form: only the XML inside is read, by the names that Factur-X, ZUGFeRD 2 and XRechnung give it."""

from __future__ import annotations

import io
import logging
from itertools import islice

from celery.exceptions import SoftTimeLimitExceeded
from pypdf import PdfReader

from invoices.incoming.facts import Refused, Wrong

log = logging.getLogger(__name__)

EMBEDDED = ("factur-x.xml", "zugferd-invoice.xml", "xrechnung.xml")
LOOKED_AT = 100  # embedded files
LONGEST_XML = 10 * 1024 * 1024


def looks_like_it(content: bytes) -> bool:
    return b"%PDF-" in content[:1024]  # where readers look for it (ISO 32000, annex H)


def embedded_xml(content: bytes) -> bytes:
    """The invoice inside. Raises Refused.

    No page is looked at and no script or action is run. What pypdf unpacks it unpacks up to 75 MB, and then gives up.
    """
    try:
        with PdfReader(io.BytesIO(content)) as reader:
            if reader.is_encrypted:
                raise Refused(Wrong("", "encrypted", "The PDF is encrypted."))
            files = islice(reader.attachment_list, LOOKED_AT)
            found = next((file.content for file in files if file.name.lower() in EMBEDDED), None)
    except (Refused, MemoryError, SoftTimeLimitExceeded):
        raise
    except Exception as error:  # noqa: BLE001  (pypdf raises whatever a broken file leads it to)
        log.info("a PDF cannot be read: %s: %s", type(error).__name__, error)
        raise Refused(Wrong("", "invalid_pdf", "The file is no PDF that can be read.")) from None
    if found is None:
        raise Refused(Wrong("", "no_invoice_inside", f"The PDF holds none of the files {', '.join(EMBEDDED)}."))
    if len(found) > LONGEST_XML:
        raise Refused(Wrong("", "too_large", f"The XML inside has more than {LONGEST_XML // 1024 // 1024} MiB."))
    return found
