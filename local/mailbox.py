"""Every mail that the local shop sent, in a browser: `python -m local.mailbox --port 8025 --folder .local/mails`.

Pages for people, and three addresses for programs: `GET /mails.json` (newest first, `?to=` narrows), `/mails/<id>.eml`
(the mail as it was sent) and `/mails/<id>/parts/<n>` (one part of it, decoded).
"""

from __future__ import annotations

import argparse
import email
import email.policy
import json
import re
from email.message import EmailMessage
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

STYLE = """<!doctype html><meta charset=utf-8><meta name=viewport content="width=device-width">
<title>Mails</title><style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2b33}
table{width:100%;border-collapse:collapse}td,th{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #dde3e6}
a{color:#0b5e7d}iframe{width:100%;height:38rem;border:1px solid #dde3e6;border-radius:6px}pre{white-space:pre-wrap}
.quiet{color:#66757d}</style>"""
HEAD = 16 * 1024  # bytes of a mail's file that hold all of its headers
NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'"


class Mailbox:
    """The mails of one folder, a file each; a name sorts by the time of sending."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._summaries: dict[str, dict[str, Any]] = {}  # a mail never changes, and a page asks for many
        self._recipients: dict[str, list[str]] = {}

    def ids(self) -> list[str]:
        return sorted((path.stem for path in self.folder.glob("[!.]*.eml")), reverse=True)

    def raw(self, id: str) -> bytes:
        """Raises FileNotFoundError."""
        return (self.folder / f"{id}.eml").read_bytes()

    def read(self, id: str) -> EmailMessage:
        return email.message_from_bytes(self.raw(id), policy=email.policy.default)

    def parts(self, id: str) -> list[EmailMessage]:
        """The leaves of the mail: texts first, then attachments, as the mail orders them."""
        return [part for part in self.read(id).walk() if not part.is_multipart() and isinstance(part, EmailMessage)]

    def summary(self, id: str) -> dict[str, Any]:
        if id not in self._summaries:
            self._summaries[id] = self._summarise(id)
        return self._summaries[id]

    def recipients(self, id: str) -> list[str]:
        """Read from the headers alone: finding one person's mails must not take as long as reading everybody's."""
        if id not in self._recipients:
            with (self.folder / f"{id}.eml").open("rb") as file:
                head = email.message_from_bytes(file.read(HEAD), policy=email.policy.compat32)
            envelope = str(head["X-Envelope-To"] or head["To"] or "")
            self._recipients[id] = [address.strip() for address in envelope.split(",")]
        return self._recipients[id]

    def _summarise(self, id: str) -> dict[str, Any]:
        mail = self.read(id)
        return {
            "id": id,
            "from": str(mail["From"] or ""),
            "to": self.recipients(id),
            "subject": str(mail["Subject"] or ""),
            "date": str(mail["Date"] or ""),
            "raw": f"/mails/{id}.eml",
            "parts": [
                {
                    "url": f"/mails/{id}/parts/{number}",
                    "content_type": part.get_content_type(),
                    "filename": part.get_filename(),
                }
                for number, part in enumerate(self.parts(id))
            ],
        }


class Handler(BaseHTTPRequestHandler):
    mailbox: Mailbox
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {key: values[-1] for key, values in parse_qs(address.query).items()}
        try:
            if address.path == "/":
                self._answer(self._list(), "text/html; charset=utf-8")
            elif address.path == "/mails.json":
                self._answer(json.dumps(self._summaries(query), indent=1).encode(), "application/json")
            elif found := re.fullmatch(r"/mails/([0-9a-f-]{36})", address.path):
                self._answer(self._page(found[1]), "text/html; charset=utf-8")
            elif found := re.fullmatch(r"/mails/([0-9a-f-]{36})\.eml", address.path):
                self._answer(self.mailbox.raw(found[1]), "message/rfc822")
            elif found := re.fullmatch(r"/mails/([0-9a-f-]{36})/parts/(\d{1,3})", address.path):
                self._part(found[1], int(found[2]))
            else:
                self._answer(b"Not here.\n", "text/plain", status=404)
        except (FileNotFoundError, IndexError):
            self._answer(b"No such mail.\n", "text/plain", status=404)
        except ValueError:
            self._answer(b"limit must be a whole number.\n", "text/plain", status=400)

    def _summaries(self, query: dict[str, str]) -> list[dict[str, Any]]:
        limit = min(int(query.get("limit", "100")), 1000)
        found: list[dict[str, Any]] = []
        for id in self.mailbox.ids():
            if len(found) >= limit:
                break
            if "to" not in query or query["to"] in self.mailbox.recipients(id):
                found.append(self.mailbox.summary(id))
        return found

    def _list(self) -> bytes:
        ids = self.mailbox.ids()
        rows = "".join(
            f"<tr><td>{escape(mail['date'])}<td>{escape(', '.join(mail['to']))}"
            f"<td><a href='/mails/{mail['id']}'>{escape(mail['subject']) or '(no subject)'}</a>"
            for mail in map(self.mailbox.summary, ids[:200])
        )
        empty = "" if ids else "<p class=quiet>No mail yet. Place an order."
        newest = " The newest 200 are shown." if len(ids) > 200 else ""
        table = f"<table><tr><th>Sent<th>To<th>Subject{rows}</table>" if ids else ""
        count = f"<p class=quiet>{len(ids)} sent on this machine; none left it.{newest}</p>"
        return f"{STYLE}<h1>Mails</h1>{count}{empty}{table}".encode()

    def _page(self, id: str) -> bytes:
        mail = self.mailbox.summary(id)
        shown, attached = "", ""
        for part in mail["parts"]:
            title = escape(part["filename"] or part["content_type"])
            if part["filename"] is None and part["content_type"] in ("text/html", "text/plain"):
                shown += f"<h2>{title}</h2><iframe sandbox src='{part['url']}' title='{title}'></iframe>"
            else:
                attached += f"<li><a href='{part['url']}'>{title}</a> <span class=quiet>{part['content_type']}</span>"
        head = f"<p><a href='/'>All mails</a><h1>{escape(mail['subject'])}</h1><p>From {escape(mail['from'])}<br>"
        head += f"To {escape(', '.join(mail['to']))}<br><span class=quiet>{escape(mail['date'])}</span> "
        attachments = f"<h2>Attachments</h2><ul>{attached}</ul>" if attached else ""
        return f"{STYLE}{head}<a href='{mail['raw']}'>as it was sent</a>{attachments}{shown}".encode()

    def _part(self, id: str, number: int) -> None:
        part = self.mailbox.parts(id)[number]
        content = part.get_payload(decode=True)
        kind = part.get_content_type()
        if kind.startswith("text/"):
            kind = f"{kind}; charset={part.get_content_charset('utf-8')}"
        headers = {}
        if name := part.get_filename():
            headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
        self._answer(content if isinstance(content, bytes) else b"", kind, headers=headers)

    def _answer(self, body: bytes, kind: str, *, status: int = 200, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        if kind.startswith("text/html"):
            self.send_header("Content-Security-Policy", NO_SCRIPTS)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Stays silent: a page that is read is no news."""


def server(folder: Path, port: int, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    folder.mkdir(parents=True, exist_ok=True)
    handler = type("MailboxHandler", (Handler,), {"mailbox": Mailbox(folder)})
    return ThreadingHTTPServer((host, port), handler)


def main() -> None:
    parser = argparse.ArgumentParser(description="Shows the mails of a folder in a browser.")
    parser.add_argument("--port", type=int, default=8025)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    server(arguments.folder, arguments.port).serve_forever()


if __name__ == "__main__":
    main()
