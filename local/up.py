"""`bin/up`: the whole shop on this machine, until Ctrl-C."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.aws import SIGN_INS
from local.children import Interrupted
from local.ports import refuse_busy
from local.report import Report, Trouble
from local.services import Ports, forget
from local.shop import Shop

ROOT = Path(__file__).resolve().parent.parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/up",
        description="Starts the shop here: PostgreSQL, an AWS emulator and the five processes. Ctrl-C ends all.",
        epilog="With DATABASE_URL, REDIS_URL or AWS_ENDPOINT_URL set, those are used instead of starting our own. "
        "State, logs and process ids are in the folder .local.",
    )
    ports = Ports()
    parser.add_argument("--reset", action="store_true", help="forget all orders, mails and accounts, and start anew")
    parser.add_argument("--port", type=port, default=ports.web, metavar="N", help="REST, admin and docs (%(default)s)")
    parser.add_argument("--live-port", type=port, default=ports.live, metavar="N", help="the live feed (%(default)s)")
    parser.add_argument("--emulator-port", type=port, default=ports.emulator, metavar="N", help="AWS (%(default)s)")
    parser.add_argument(
        "--database-port", type=port, default=ports.database, metavar="N", help="PostgreSQL (%(default)s)"
    )
    parser.add_argument("--mail-port", type=port, default=ports.mail, metavar="N", help="the mail viewer (%(default)s)")
    parser.add_argument(
        "--state", type=Path, default=ROOT / ".local", metavar="FOLDER", help="where all state is kept (.local)"
    )
    parser.add_argument(
        "--name", default="shop", help="what the names of queues, topic and bucket begin with (%(default)s)"
    )
    return parser.parse_args()


def port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: give a number from 1 to 65535")
    return int(text)


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """Holds the state folder. The lock ends with the process, however that ends."""
    state.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(state / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    with os.fdopen(descriptor, "r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(f"It runs already, as process {lock.read().strip()}: {state} is in use.") from None
        lock.truncate()
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def welcome(report: Report, ports: Ports, mails: bool) -> None:
    addresses = {
        "API": ports.api,
        "Docs": f"{ports.api}/docs",
        "Admin": f"{ports.api}/admin/",
        "Live feed": f"{ports.feed}/ws/events",
        **({"Mails": ports.mails} if mails else {}),
    }
    report.line(f"\n  The shop is up, {report.elapsed:.1f} s after the start.\n")
    for what, address in addresses.items():
        report.line(f"    {what:<11}{address}")
    report.line("\n  Sign in as")
    for person in SIGN_INS:
        report.line(f"    {person.role:<11}{person.email:<24}{person.password}")
    report.line("\n  Walk through it with bin/tour. Ctrl-C ends everything; the next bin/up finds the same state.\n")


def run(report: Report, options: argparse.Namespace) -> int:
    state = options.state.resolve()
    ports = Ports(options.port, options.live_port, options.emulator_port, options.database_port, options.mail_port)
    with alone(state):
        if options.reset:
            with report.step("Forgetting everything"):
                forget(state)
        shop = Shop(ROOT, state, ports, name=options.name, report=report)
        code = 130
        try:
            shop.start(lambda: refuse_busy(needed(options, shop)))
            welcome(report, ports, shop.services.emulator is not None)
            code = 0
            shop.watch()
        except Interrupted:
            report.line("\n  Ending …")
        except Trouble as trouble:
            print(f"\n{trouble}", file=sys.stderr)
            code = 1
        finally:
            shop.stop()
        report.line("  Everything has ended." if code != 1 else "")
        return code


def needed(options: argparse.Namespace, shop: Shop) -> dict[str, int]:
    """The ports that will be listened on, by the option that changes each."""
    wanted = {"--port": options.port, "--live-port": options.live_port}
    if shop.services.emulator:
        wanted |= {"--emulator-port": options.emulator_port, "--mail-port": options.mail_port}
    if shop.services.postgres:
        wanted["--database-port"] = options.database_port
    return wanted


def main() -> int:
    report = Report()
    try:
        return run(report, arguments())
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
    except OSError as error:
        print(f"\n{error.strerror or error}: {error.filename or 'a file of the state folder'}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
