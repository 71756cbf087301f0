from __future__ import annotations

import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests

from local.mailbox import server

FIRST, SECOND = "01930000-0000-7000-8000-000000000001", "01930000-0000-7000-8000-000000000002"


def put(folder: Path, id: str, to: str, subject: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["X-Envelope-To"] = "shop@example.com", to, subject, to
    mail.set_content("Thank you.")
    mail.add_alternative("<p>Thank <b>you</b>.", subtype="html")
    mail.add_attachment(b"%PDF-1", maintype="application", subtype="pdf", filename="invoice.pdf")
    raw = mail.as_bytes()
    (folder / f"{id}.eml").write_bytes(raw)
    return raw


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    served = server(tmp_path, 0)
    thread = threading.Thread(target=served.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{served.server_address[1]}"
    served.shutdown()
    thread.join()
    served.server_close()


def test_it_lists_mails_newest_first_and_by_recipient(tmp_path: Path, address: str) -> None:
    put(tmp_path, FIRST, "carla@example.com", "Your order")
    put(tmp_path, SECOND, "oscar@example.com", "Another")
    assert [mail["id"] for mail in requests.get(f"{address}/mails.json", timeout=5).json()] == [SECOND, FIRST]
    mine = requests.get(f"{address}/mails.json?to=carla@example.com", timeout=5).json()
    assert [mail["subject"] for mail in mine] == ["Your order"]


def test_it_gives_a_mail_as_it_was_sent_and_its_parts_decoded(tmp_path: Path, address: str) -> None:
    raw = put(tmp_path, FIRST, "carla@example.com", "Your order")
    assert requests.get(f"{address}/mails/{FIRST}.eml", timeout=5).content == raw
    parts = requests.get(f"{address}/mails.json", timeout=5).json()[0]["parts"]
    assert [part["content_type"] for part in parts] == ["text/plain", "text/html", "application/pdf"]
    assert requests.get(address + parts[2]["url"], timeout=5).content == b"%PDF-1"


def test_a_page_shows_html_in_a_frame_that_runs_nothing_and_links_the_attachment(tmp_path: Path, address: str) -> None:
    put(tmp_path, FIRST, "carla@example.com", "<script>alert(1)</script>")
    page = requests.get(f"{address}/mails/{FIRST}", timeout=5)
    assert "<iframe sandbox " in page.text
    assert "invoice.pdf" in page.text
    assert "<script>" not in page.text + requests.get(address, timeout=5).text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/mails/../secret", f"/mails/{SECOND}", f"/mails/{FIRST}/parts/9", "/else"])
def test_what_is_not_there_is_404(tmp_path: Path, address: str, path: str) -> None:
    put(tmp_path, FIRST, "carla@example.com", "Your order")
    assert requests.get(address + path, timeout=5).status_code == 404
