"""The mails that really left the shop, as the local mailbox keeps them: one file per mail that SES was given."""

from __future__ import annotations

import email
import email.policy
from collections import Counter
from email.parser import BytesHeaderParser
from pathlib import Path

from bench.proving.records import Record
from bench.proving.report import Check


def delivered(folder: Path, domain: str) -> Counter[tuple[str, str]]:
    """Address and subject of every mail to the run's addresses, with the number of copies."""
    parser = BytesHeaderParser(policy=email.policy.default)
    found: Counter[tuple[str, str]] = Counter()
    for path in folder.glob("[!.]*.eml"):
        with path.open("rb") as file:
            headers = parser.parse(file)
        to = str(headers["X-Envelope-To"] or headers["To"] or "")
        if to.endswith(f"@{domain}"):
            found[to, str(headers["Subject"])] += 1
    return found


def check(rows: list[Record], found: Counter[tuple[str, str]], *, doubles_allowed: bool) -> Check:
    """Each mail of the database once in the mailbox.

    A mail is sent before it is marked as sent: a crash in between sends it twice, and that is a promise kept. Where
    processes were killed, second copies are therefore named and counted apart; elsewhere they are differences.
    """
    want = Counter((row["to"], row["subject"]) for row in rows)
    wrong = [
        f"“{subject}” to {to}: {count} in the database, none delivered"
        for (to, subject), count in (want - found).items()
    ]
    wrong += [
        f"“{subject}” to {to} was delivered and is not in the database" for to, subject in found.keys() - want.keys()
    ]
    doubled = {mail: count for mail, count in (found - want).items() if mail in want}
    copies = [f"“{subject}” to {to}: {count} more than one" for (to, subject), count in doubled.items()]
    allowed = ""
    if copies and doubles_allowed:
        allowed = f"{sum(doubled.values())} second copies after a kill, at-least-once: {'; '.join(copies[:10])}"
    else:
        wrong += copies
    return Check("mails delivered", str(sum(want.values())), str(sum(found.values())), wrong, allowed)
