"""The second half of `bin/prove-image`: looks into an image's files and runs the shop from them.

Each process gets what a container would give it: the image as its root, which it cannot write to, /tmp in memory, the
image's user, and no more than the settings. PostgreSQL, the AWS emulator and the mail viewer are this machine's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from local.children import Child, Children, Interruption
from local.emulator import answers
from local.ports import free_port
from local.report import Report, Trouble
from local.services import Ports, Services, forget
from local.shop import WORKS

ROOT = Path(__file__).resolve().parent.parent
USER = "10001:10001"
LIKE_A_CONTAINER = """
mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && mount -t tmpfs tmpfs "$1/tmp" && mount -t proc proc "$1/proc"
mount --bind /dev "$1/dev" && mount -t tmpfs tmpfs "$1/dev/shm"
cd "$1" && root=$1 user=$2 && shift 2 && exec chroot --userspec="$user" "$root" sh -c 'cd /app && exec "$@"' sh "$@"
"""
MODULES = ("pip", "ensurepip", "local", "ministack", "pytest")
TOOLS = ("pip", "pip3", "gcc", "cc", "g++", "make", "ld", "as")


def inside(root: Path, *words: str) -> list[str]:
    return ["unshare", "--mount", "sh", "-ec", LIKE_A_CONTAINER, "sh", str(root), USER, *words]


def serve(root: Path, process: str) -> list[str]:
    return inside(root, "/usr/bin/tini", "-s", "--", "python", "-m", "shop.serve", process)


def ask(command: Sequence[str], environment: dict[str, str]) -> str:
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode != 0:
        raise Trouble(f"This failed: {' '.join(command[-4:])}\n\n{done.stdout[-3000:]}")
    return done.stdout.strip()


def look_into(root: Path, environment: dict[str, str], report: Report) -> None:
    found = ask(
        inside(root, "sh", "-c", f"for tool in {' '.join(TOOLS)}; do command -v $tool || true; done"), environment
    )
    if found:
        raise Trouble(f"The image holds {found.split()}.")
    who = ask(inside(root, "sh", "-c", "id -u; touch /app/x 2>/dev/null && echo written || echo refused"), environment)
    if who.split() != ["10001", "refused"]:
        raise Trouble(f"Not what a locked container says: {who}")
    modules = ask(
        inside(
            root,
            "python",
            "-c",
            f"import importlib.util as u; print([name for name in {MODULES} if u.find_spec(name)])",
        ),
        environment,
    )
    if modules != "[]":
        raise Trouble(f"The image holds {modules}.")
    report.note("no pip, no compiler, no test tool inside; uid 10001; the root file system refuses to be written to")


def run(root: Path, state: Path, report: Report) -> None:
    ports = Ports(8000, 8001, free_port(), free_port(), free_port())
    children = Children(ROOT, state, report)
    interruption = Interruption(at_once=children.kill)
    services = Services(children, state, ports, report=report, interruption=interruption)
    try:
        with report.step("PostgreSQL, AWS emulator, mail viewer of this machine"):
            if services.postgres:
                services.postgres.prepare()
            services.start()
        environment = services.environment | {
            "PATH": "/opt/venv/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/tmp",  # noqa: S108  (as the image's user has it)
        }
        look_into(root, environment, report)
        for what in (["-m", "shop.serve", "migrate"], ["manage.py", "load_demo_shop"]):
            with report.step(" ".join(what)):
                ask(inside(root, "python", *what), environment)
        for process in ("web", "live", "worker", "relay", "beat"):
            child = Child(process, serve(root, process), environment)
            with report.step(process):
                children.start(child)
                wait_for(child, ports, children)
        for process in ("web", "live"):
            ask(inside(root, "python", "-m", "shop.healthy", process), environment)
        report.note("the image's health check finds web and live well")
        outside = {**os.environ, **services.environment, **ports.addresses}
        subprocess.run([sys.executable, "-m", "local.tour"], cwd=ROOT, env=outside, check=True)
    finally:
        children.stop(("web", "live", "beat", "relay", "worker"), within=30)
        children.stop(("mails", "emulator"))
        children.stop(("postgres",))


def wait_for(child: Child, ports: Ports, children: Children, within: float = 90.0) -> None:
    addresses = {"web": f"{ports.api}/health/ready", "live": f"http://127.0.0.1:{ports.live}/health/live"}
    end = time.monotonic() + within
    while not (
        answers(addresses[child.name])
        if child.name in addresses
        else WORKS[child.name] in (children.logs / f"{child.name}.log").read_text(errors="replace")
    ):
        children.require(child)
        if time.monotonic() > end:
            raise Trouble(f"{child.name} does not work after {within:.0f} s:\n\n{children.tail(child)}")
        time.sleep(0.1)


def main() -> int:
    report = Report()
    state = Path(tempfile.mkdtemp(prefix="shop-image-")).resolve()
    state.chmod(0o755)
    try:
        run(Path(sys.argv[1]), state, report)
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    finally:
        forget(state)
    return 0


if __name__ == "__main__":
    sys.exit(main())
