"""The second half of `bin/prove-image`: looks into the images' files, and runs what docker-compose.yml says from them.

Each process gets what its container would give it: the image as its root, which it cannot write to, /tmp and /dev/shm
in memory, the image's user, and the settings of the file, at its ports. PostgreSQL alone is this machine's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from local.children import Child, Children, Interruption
from local.emulator import answers
from local.ports import free_port, refuse_busy
from local.postgres import Postgres
from local.rehearsing import rehearse
from local.report import Report, Trouble
from local.services import Ports
from local.shop import WORKS

ROOT = Path(__file__).resolve().parent.parent
USER = "10001:10001"
PROCESSES = ("web", "live", "worker", "relay", "beat")
OF_THE_IMAGE = {
    "PATH": "/opt/venv/bin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/tmp",  # noqa: S108  (as the image's user has it)
    "PYTHONUNBUFFERED": "1",
}
LIKE_A_CONTAINER = """
mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && mount -t tmpfs tmpfs "$1/tmp" && mount -t proc proc "$1/proc"
[ -z "$3" ] || mount --bind "$3" "$1/state"
mount --bind /dev "$1/dev" && mount -t tmpfs tmpfs "$1/dev/shm"
cd "$1" && root=$1 user=$2 && shift 3 && exec chroot --userspec="$user" "$root" sh -c 'cd /app && exec "$@"' sh "$@"
"""
MODULES = ("pip", "ensurepip", "local", "ministack", "pytest")
TOOLS = ("pip", "pip3", "gcc", "cc", "g++", "make", "ld", "as")


def inside(root: Path, *words: str, volume: Path | None = None) -> list[str]:
    return ["unshare", "--mount", "sh", "-ec", LIKE_A_CONTAINER, "sh", str(root), USER, str(volume or ""), *words]


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
    who = ask(inside(root, "sh", "-c", "id -u; touch /app/x 2>&1 || true"), environment)
    if who.split()[0] != "10001" or "Read-only file system" not in who:
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


class Rehearsal:
    """What `docker compose up` starts, in its order."""

    def __init__(self, shop: Path, development: Path, state: Path, report: Report) -> None:
        self.roots = {"shop": shop, "shop-development": development}
        self.state, self.report, self.ports = state, report, Ports()
        at = self.ports
        refuse_busy({"web": at.web, "live": at.live, "the emulator": at.emulator, "the mails": at.mail})
        self.children = Children(ROOT, state, report)
        self.interruption = Interruption(at_once=self.children.kill)
        self.postgres = Postgres(state / "postgres", free_port(), durable=False)
        compose: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
        self.services = compose["services"]
        changed = {"REDIS_URL": "", "DATABASE_URL": self.postgres.url}
        self.environment = {**compose["x-settings"], **changed, **OF_THE_IMAGE}
        self.volume = state / "aws"
        self.volume.mkdir()
        os.chown(self.volume, *map(int, USER.split(":")))

    def command(self, name: str) -> list[str]:
        service = self.services[name]
        volume = self.volume if "volumes" in service else None
        words = ("/usr/bin/tini", "-s", "--", *service["command"])
        return inside(self.roots[service["image"]], *words, volume=volume)

    def run(self) -> None:
        with self.report.step("PostgreSQL of this machine"):
            self.postgres.prepare()
            child = self.postgres.child(dict(os.environ))
            self.children.start(child)
            self.postgres.wait(self.children, child, self.interruption.sleep)
        look_into(self.roots["shop"], self.environment, self.report)
        for name in ("emulator", "mails"):
            self._start(name)
        for name in ("resources", "migrate", "demo"):
            with self.report.step(name):
                ask(self.command(name), self.environment)
        for name in PROCESSES:
            self._start(name)
        for name in ("web", "live"):
            ask(inside(self.roots["shop"], "python", "-m", "shop.healthy", name), self.environment)
        self.report.note("the image's health check finds web and live well")
        nowhere = {**os.environ, "SHOP_STATE": str(self.state / "none")}  # so that it looks at the usual addresses
        if subprocess.run([sys.executable, "-m", "local.tour"], cwd=ROOT, env=nowhere, check=False).returncode:
            raise Trouble("bin/tour does not hold against the image.")

    def _start(self, name: str, within: float = 90.0) -> None:
        child, end = Child(name, self.command(name), self.environment), time.monotonic() + within
        with self.report.step(name):
            self.children.start(child)
            while not self._works(name):
                self.children.require(child)
                if time.monotonic() > end:
                    raise Trouble(f"{name} does not work after {within:.0f} s:\n\n{self.children.tail(child)}")
                self.interruption.sleep(0.1)

    def _works(self, name: str) -> bool:
        addresses = {
            "emulator": f"http://127.0.0.1:{self.ports.emulator}/_ministack/health",
            "mails": f"{self.ports.mails}/mails.json",
            "web": f"{self.ports.api}/health/ready",
            "live": f"http://127.0.0.1:{self.ports.live}/health/live",
        }
        if name in addresses:
            return answers(addresses[name])
        return WORKS[name] in (self.children.logs / f"{name}.log").read_text(errors="replace")

    def stop(self) -> None:
        for names in (PROCESSES, ("mails", "emulator"), ("postgres",)):
            self.children.stop(names, within=30)
        self.postgres.remove()


def main() -> int:
    shop, development = map(Path, sys.argv[1:3])
    return rehearse("image", lambda state, report: Rehearsal(shop, development, state, report))


if __name__ == "__main__":
    sys.exit(main())
