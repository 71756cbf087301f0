#!/usr/bin/env python3
"""Renders the odd orders of `invoices/tests/corpus.py`, validates each XML, and tells times per page and memory.

Beside it, the same HTML by WeasyPrint alone: no PDF/A, no XML. Needs no database. 0 when all are valid and the same
twice, 1 when not. See bench/README.md.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"
if Path(sys.prefix) != ROOT / ".venv" and PYTHON.exists():
    os.execv(PYTHON, [str(PYTHON), *sys.argv])  # noqa: S606  (no shell is the point)
sys.path.insert(0, str(ROOT))

import argparse  # noqa: E402
import io  # noqa: E402
import resource  # noqa: E402
import time  # noqa: E402
from collections.abc import Callable  # noqa: E402

import django  # noqa: E402
from pypdf import PdfReader  # noqa: E402

from bench.driving.own import NOT_USED  # noqa: E402
from bench.proving import envelope  # noqa: E402
from bench.proving.report import Check, print_checks, table  # noqa: E402


def timed(work: Callable[[], bytes]) -> tuple[bytes, float]:
    """The work's result, and the processor's seconds that it took: other processes do not count."""
    began = time.process_time()
    return work(), time.process_time() - began


def peak() -> float:
    """MiB that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench/pdf.py", description=__doc__)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the PDFs are written to")
    parser.add_argument("--only", nargs="*", metavar="NAME", help="of the odd orders")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    options = parser.parse_args()
    os.environ.update(
        NOT_USED | {"DATABASE_URL": "postgresql://none@127.0.0.1/none", "DJANGO_SETTINGS_MODULE": "shop.settings"}
    )
    django.setup()
    from weasyprint import HTML

    from invoices.rendering import pdf
    from invoices.rendering.einvoice import einvoice
    from invoices.tests.complaints import Rules
    from invoices.tests.corpus import CORPUS, document

    names = options.only or list(CORPUS)
    rules = Rules()
    pdf.render(document("plain"))  # fonts and style sheets are read once
    begun_with = peak()
    rows = [["", "pages", "KiB", "ms", "a page", "alone, a page", "XML", "MiB at most"]]
    figures: list[dict[str, object]] = []
    wrong: dict[str, list[str]] = {"valid by XSD and schematron": [], "the same bytes twice": []}
    for number, name in enumerate(names):
        invoice = document(name)
        xml, of_xml = timed(lambda invoice=invoice: einvoice(invoice).xml)  # type: ignore[misc]
        content, of_all = timed(lambda invoice=invoice: pdf.render(invoice))  # type: ignore[misc]
        page, style = HTML(string=pdf.html_of(invoice), url_fetcher=pdf.fetcher(invoice)), pdf.style_of(invoice)
        _, of_bare = timed(lambda page=page, style=style: page.write_pdf(stylesheets=[style]))  # type: ignore[misc]
        wrong["valid by XSD and schematron"] += [f"{name}: {complaint}" for complaint in rules.complaints(xml)]
        wrong["the same bytes twice"] += [name] if pdf.render(invoice) != content else []
        pages = len(PdfReader(io.BytesIO(content)).pages)
        times = (of_all, of_all / pages, of_bare / pages, of_xml)
        rows.append(
            [name, str(pages), f"{len(content) / 1024:.0f}", *(f"{1000 * each:.0f}" for each in times), f"{peak():.0f}"]
        )
        seconds = dict(zip(("all", "a_page", "alone_a_page", "xml"), times, strict=True))
        figures.append({"document": name, "pages": pages, "bytes": len(content), "peak_mib": peak()} | seconds)
        if options.out:
            options.out.mkdir(parents=True, exist_ok=True)
            (options.out / f"{number:02} {name}.pdf").write_bytes(content)
    print(f"{table(rows)}\n\nTimes are the processor's, in ms. Before the first: {begun_with:.0f} MiB.")
    checks = [Check(what, str(len(names)), str(len(names) - len(faults)), faults) for what, faults in wrong.items()]
    if options.json:
        envelope.write(options.json, "pdf", rows=figures, checks=checks)
    return 1 if print_checks(checks) else 0


if __name__ == "__main__":
    sys.exit(main())
