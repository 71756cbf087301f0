"""`bin/tour`: 0 when every step held, 1 when one did not, 2 when there is no running shop."""

from __future__ import annotations

import argparse
import sys

import requests

from local.running import System, system
from local.tour.guide import Disappointed, Guide, NotRunning
from local.tour.steps import Tour

ABOUT = """Walks the shop's main job against the running system: an order becomes a mail, an invoice and a live update.
It signs in as the demo customer and as staff, orders, follows the live feed, reads the mails, checks the PDF, and tries
what must be refused. May be run any number of times; what it places besides one order, it cancels again."""
ADDRESSES = """API_URL, LIVE_URL and MAIL_URL name a shop elsewhere; without them it is the one that bin/up started."""


def main() -> int:
    argparse.ArgumentParser(prog="bin/tour", description=ABOUT, epilog=ADDRESSES).parse_args()
    shop, guide = system(), Guide()
    try:
        check_ready(shop)
        print(f"A tour of the shop at {shop.api}")
        Tour(shop, guide).walk()
    except NotRunning as problem:
        print(f"The shop is not running: {problem}. Start it with bin/up.", file=sys.stderr)
        return 2
    except Disappointed:
        print(f"\nStep {guide.steps} did not hold. {guide.steps - 1} before it did.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
    print(f"\nAll {guide.steps} steps held, in {guide.elapsed:.1f} s.")
    return 0


def check_ready(shop: System) -> None:
    try:
        answer = requests.get(f"{shop.api}/health/ready", timeout=10)
    except requests.RequestException as error:
        raise NotRunning(f"nothing answers at {shop.api} ({type(error).__name__})") from error
    if answer.status_code != 200:
        raise NotRunning(f"{shop.api}/health/ready says {answer.status_code} {' '.join(answer.text.split())[:200]}")


if __name__ == "__main__":
    sys.exit(main())
