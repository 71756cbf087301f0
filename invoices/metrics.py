"""What is counted of documents."""

from __future__ import annotations

from api.metrics import Metric

PDF_TIME = Metric(name="PdfTime", unit="Milliseconds", help="To render one PDF.")
DOCUMENTS_WAITING = Metric(
    name="DocumentsWaiting", unit="Seconds", help="Age of the oldest document whose PDF is not stored, each minute."
)
