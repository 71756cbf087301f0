"""`deploy/down`: takes a shop down. It says first what goes and what stays, and asks for the shop's name."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

from deploy.operating.account import Account, region_of
from deploy.operating.door import Asked, parser, run
from deploy.operating.keeping import Kept, kept
from deploy.operating.stacks import TOOLKIT, Stacks
from deploy.operating.tools import Tools, synthesize
from deploy.operating.up import ASSEMBLY
from deploy.shop_settings import Wrong
from local.report import Report, Trouble


def down(asked: Asked, report: Report) -> None:
    settings, words = asked.settings, asked.words
    account = Account(region_of(settings, os.environ))
    with report.step("AWS credentials"):
        who = f"account {account.id}, {account.region}, as {account.caller}"
    report.line(f"    {who}")
    stacks = Stacks(account, settings.name)
    there = stacks.settle(report.note)
    if not there:
        report.line(f"\n  There is no {settings.name} in {account.region}: nothing to do.")
        return
    found = kept(stacks, there)
    _tell(report, settings.name, found)
    if not found.goes:
        report.line("\n  Nothing is left to be destroyed.")
        return
    _confirm(settings.name, yes=words.yes)
    tools = Tools(os.environ, region=account.region)
    tools.install(report)
    assembly = words.app or ASSEMBLY
    if not words.app:
        with report.step("Templates"):
            synthesize(tools, assembly, file=words.settings, given=words.given)
    begun = datetime.now(UTC)
    with report.step(f"cdk destroy {' '.join(found.goes)}"):
        if not tools.cdk("destroy", *found.goes, "--exclusively", "--force", "--app", str(assembly)):
            why = stacks.failure(begun) or "why stands above"
            raise Trouble(f"cdk destroy has failed: {why}. When it is mended, run deploy/down again.")
    report.line(
        f"\n  {settings.name} is down. deploy/up brings it back" + (", with all that stayed." if found.stays else ".")
    )


def _tell(report: Report, name: str, found: Kept) -> None:
    report.line()
    for stack in found.goes:
        report.line(f"  - {stack} goes, with all that is not named below.")
    for snapshot in found.snapshots:
        report.line(f"  - The {snapshot} goes, and leaves a last snapshot.")
    for stack, why in found.stays.items():
        report.line(f"  + {stack} stays as it is, and goes on to cost: {why}.")
    for what in found.left:
        report.line(f"  + The {what} stays, outside of any stack.")
    report.line(f"  + Log groups that AWS has made by itself stay, and so does {TOOLKIT}, which other apps may use.")
    if found.stays:
        report.line(
            "\n  To have those stacks go too: protect = false in deploy/shop.toml, deploy/up, deploy/down. "
            "The database then leaves a snapshot, and the people of the user pool are gone."
        )


def _confirm(name: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise Wrong("Nobody is there to be asked: --yes destroys what is named above.")
    if input(f"\n  Type {name} to destroy what goes: ").strip() != name:
        raise Trouble("Nothing was destroyed.")


def main() -> int:
    options = parser(
        "down",
        "Says what goes and what stays, asks for the shop's name, and destroys the stacks that are not protected. "
        "May be stopped and called again at any time.",
    )
    options.add_argument("--yes", action="store_true", help="destroy without being asked")
    return run(options.parse_args(), down)


if __name__ == "__main__":
    sys.exit(main())
