"""`deploy/up`: from a clone and credentials to a shop that answers, and from one version to the next."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from deploy.operating.account import Account, region_of
from deploy.operating.admin import Admin, first_admin
from deploy.operating.checks import CHECKS
from deploy.operating.door import Asked, parser, run
from deploy.operating.stacks import NEVER_MADE, TOOLKIT, Stack, Stacks, stamps
from deploy.operating.tools import Tools, bootstrap_version, synthesize
from deploy.settings import Settings
from deploy.shop_settings import ROOT
from local.report import Report, Trouble

ASSEMBLY = ROOT / "deploy" / "cdk.out"
APPROVALS = ("never", "broadening", "any-change")


def up(asked: Asked, report: Report) -> None:
    settings, words = asked.settings, asked.words
    account = Account(region_of(settings, os.environ))
    with report.step("AWS credentials"):
        who = f"account {account.id}, {account.region}, as {account.caller}"
    report.line(f"    {who}")
    for what, check in CHECKS.items():
        with report.step(what):
            warnings = check(account, settings)
        for warning in warnings:
            report.line(f"  ! {warning}")
    tools = Tools(os.environ, region=account.region)
    tools.install(report)
    assembly = words.app or ASSEMBLY
    if not words.app:
        with report.step("Templates"):
            synthesize(tools, assembly, file=words.settings, given=words.given)
    stacks = Stacks(account, settings.name)
    before = stacks.settle(report.note)
    _bootstrap(stacks, tools, account, assembly, report)
    _deploy(
        stacks, tools, assembly, report, approval=words.require_approval or _approval(before), outputs=words.outputs
    )
    changed = [name for name, stamp in stamps(stacks.all()).items() if stamps(before).get(name) != stamp]
    outputs = stacks.outputs()
    with report.step("The first admin"):
        admin = first_admin(
            account,
            pool=outputs["PoolId"],
            email=words.admin or settings.admin,
            show_password=words.show_password,
        )
    _tell(report, settings, account, outputs, admin)
    report.line()
    report.line(f"  Changed: {', '.join(changed)}." if changed else "  Nothing has changed: all stood as it is to be.")


def _approval(before: dict[str, Stack]) -> str:
    """Whoever sits at a terminal is asked before rights or ways in grow. What is all new was asked for just now."""
    return "broadening" if before and sys.stdin.isatty() and sys.stdout.isatty() else "never"


def _bootstrap(stacks: Stacks, tools: Tools, account: Account, assembly: Path, report: Report) -> None:
    """What cdk itself needs in an account and region, once: a bucket, a repository, roles."""
    toolkit, wanted = stacks.find(TOOLKIT), bootstrap_version(assembly)
    rows = toolkit.get("Outputs", []) if toolkit and toolkit["StackStatus"] not in NEVER_MADE else []
    version = next((int(row["OutputValue"]) for row in rows if row["OutputKey"] == "BootstrapVersion"), 0)
    if version >= wanted:
        return
    with report.step("cdk bootstrap"):
        if not tools.cdk("bootstrap", f"aws://{account.id}/{account.region}", "--app", str(assembly)):
            raise Trouble("cdk bootstrap has failed. Why stands above; when it is mended, run deploy/up again.")


def _deploy(stacks: Stacks, tools: Tools, assembly: Path, report: Report, *, approval: str, outputs: Path) -> None:
    """All stacks, in their order; the migrations are a part of the last. What fails is taken back by CloudFormation."""
    begun = datetime.now(UTC)
    with report.step("cdk deploy --all"):
        if not tools.cdk(
            "deploy", "--all", "--app", str(assembly), "--require-approval", approval, "--outputs-file", str(outputs)
        ):
            why = stacks.failure(begun) or "why stands above"
            raise Trouble(f"cdk deploy has failed: {why}. When it is mended, run deploy/up again.")


def _tell(report: Report, settings: Settings, account: Account, outputs: dict[str, str], admin: Admin | None) -> None:
    """Where the shop is, and what is left for a person to do."""
    url = outputs.get("Url", f"{settings.scheme}://{settings.domain}")
    live = outputs.get("LiveUrl", url.replace("http", "ws", 1))
    console = f"https://{account.region}.console.aws.amazon.com/cloudwatch/home?region={account.region}"
    addresses = {
        "API": url,
        "Docs": f"{url}/docs",
        "Admin": f"{url}/admin/",
        "Live feed": f"{live}/ws/events",
        "User pool": outputs["PoolId"],
        "Tokens": outputs.get("TokenUrl", ""),
        "Dashboard": f"{console}#dashboards:name={settings.name}",
    }
    report.line("\n  The shop is up.\n")
    for name, address in addresses.items():
        if address:
            report.line(f"    {name:<10} {address}")
    report.line()
    for line in _left_to_do(settings, outputs, admin, url):
        report.line(f"  - {line}")


def _left_to_do(settings: Settings, outputs: dict[str, str], admin: Admin | None, url: str) -> list[str]:
    todo = []
    if admin is None:
        todo.append("There is no admin yet: deploy/up --admin you@example.com makes the first.")
    elif not admin.invited:
        todo.append(f"{admin.email} is made an admin." if admin.made else f"There is an admin already: {admin.email}.")
    else:
        by = f"with the password {admin.password}" if admin.password else "with the password that Cognito has mailed"
        todo.append(
            f"The admin {admin.email} has to choose a password, within three days, {by}: "
            f'POST {url}/auth/new-password {{"email", "password", "new_password"}}, as /docs says.'
        )
    if settings.certificate:
        todo.append(
            f"Let {settings.domain} lead to {outputs.get('Balancer', 'the load balancer')} (CNAME, or an alias)."
        )
    if dkim := outputs.get("Dkim"):
        todo.append(f"Records that SES waits for, in the zone of the sender: {dkim}")
    if settings.mail_identity == "address":
        todo.append(f"SES asks {settings.mail_from} for a proof, once: follow the link in its mail.")
    if settings.alarms_to:
        todo.append(
            f"SNS asks {', '.join(settings.alarms_to)} once whether alarms are wanted: follow the link in its mail."
        )
    return todo


def main() -> int:
    options = parser(
        "up",
        "Checks account, region, SES, image and domain, deploys what is new, and prints the addresses. "
        "May be stopped and called again at any time; a second call changes nothing.",
        "What may be chosen stands in deploy/settings.py, and goes into deploy/shop.toml: see deploy/README.md.",
    )
    options.add_argument("--admin", default="", metavar="EMAIL", help="who is made the first admin, if there is none")
    options.add_argument(
        "--show-password",
        action="store_true",
        help="print the first admin's temporary password instead of having it mailed",
    )
    options.add_argument(
        "--require-approval",
        choices=APPROVALS,
        help="what cdk asks about; broadening rights, where there is a terminal",
    )
    options.add_argument(
        "--outputs",
        type=Path,
        default=ASSEMBLY / "outputs.json",
        metavar="FILE",
        help="where the stacks' outputs are written",
    )
    return run(options.parse_args(), up)


if __name__ == "__main__":
    sys.exit(main())
