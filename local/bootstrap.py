"""The first half of every command, under the system's Python: look at the machine, make `.venv`, go on in there.

`python3 -m local.bootstrap MODULE ARGUMENT …`: what is of `deploy` goes on in `deploy/.venv`, which is CDK's.
The standard library only, and no program but `python3` itself (and apt-get, where it installs what the machine lacks).
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import importlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

from local.report import STARTED, Report, Trouble

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements-dev.txt"
DEPLOY_VENV = ROOT / "deploy" / ".venv"
DEPLOY_LOCK = ROOT / "deploy" / "requirements.txt"
STAMP = "complete"
FONTS = Path("/usr/share/fonts")
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
"""What WeasyPrint loads to write PDFs → the package of Debian and Ubuntu that holds it."""


def missing_packages(*, pdfs: bool = True) -> list[str]:
    """The Debian packages that this machine lacks; without `pdfs`, for what never writes any."""
    importlib.invalidate_caches()
    missing = []
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        missing.append(f"python3.{sys.version_info.minor}-venv")
    if not pdfs:
        return missing
    for library, package in LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            missing.append(package)
    if not any(FONTS.rglob("*.[to]t[fc]")):
        missing.append("fonts-dejavu-core")
    return missing


def check_machine(report: Report, *, pdfs: bool = True) -> None:
    """Installs what is missing where it may (root, apt-get); names the line to type where it may not."""
    missing = missing_packages(pdfs=pdfs)
    if not missing:
        return
    install = ["apt-get", "install", "-y", "--no-install-recommends", *missing]
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Trouble(f"This machine lacks {', '.join(missing)}. As root:\n\n    {' '.join(install)}\n")
    report.line(f"  This machine lacks {', '.join(missing)}. Installing:\n\n    {' '.join(install)}\n")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], install):
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode != 0:
            raise Trouble(f"{' '.join(command)} failed. What it said stands above.")
    if still := missing_packages(pdfs=pdfs):
        raise Trouble(f"{', '.join(still)} still cannot be found after the installation.")


def stamp_of(lock: Path, venv: Path) -> str:
    """What a complete `.venv` holds: the locked requirements, for this Python, in this place (scripts name it)."""
    facts = f"{sys.version}\n{venv.resolve()}\n".encode() + lock.read_bytes()
    return hashlib.sha256(facts).hexdigest()


def is_complete(lock: Path, venv: Path) -> bool:
    """The stamp is written last, so a `.venv` that was interrupted, or is of another lock, has none that fits."""
    try:
        return (venv / STAMP).read_text() == stamp_of(lock, venv) and (venv / "bin" / "python").exists()
    except OSError:
        return False


def make_venv(lock: Path, venv: Path) -> None:
    """Makes `venv` from nothing with exactly what `lock` holds, every file checked by its hash."""
    if venv.exists():
        shutil.rmtree(venv)
    environment = dict(os.environ)
    for name in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "PIP_TARGET", "PIP_USER", "PIP_PREFIX"):
        environment.pop(name, None)
    environment.setdefault("UV_SYSTEM_CERTS", "true")  # as pip does: a company's proxy signs with its own authority
    home = environment.get("HOME", "")
    if not (home and os.access(home, os.W_OK | os.X_OK)):
        environment |= {"PIP_NO_CACHE_DIR": "1", "UV_NO_CACHE": "1"}
    python = str(venv / "bin" / "python")
    base = getattr(sys, "_base_executable", sys.executable)  # not ourselves, where it is the old venv that runs us
    if wheel := bundled_pip():
        # pip runs from where Python keeps it: to unpack it into the venv costs seconds, and uv is what we go on with.
        _run([base, "-m", "venv", "--without-pip", str(venv)], environment)
        environment["PYTHONPATH"] = str(wheel)
    else:
        _run([base, "-m", "venv", str(venv)], environment)
    only_uv = venv / "uv.txt"
    only_uv.write_text(_entry(lock.read_text(), "uv"))
    _run([python, "-m", "pip", "install", "-q", "--require-hashes", "--no-deps", "-r", str(only_uv)], environment)
    uv = [python, "-m", "uv", "pip", "install", "-q", "--python", python]
    pip = [python, "-m", "pip", "install", "-q"]
    # uv is ten times faster and brings its own certificates; behind a company's proxy it needs the machine's; and an
    # index or a proxy of pip's own configuration only pip knows.
    _first_that_works(
        [[*tool, "--require-hashes", "-r", str(lock)] for tool in (uv, [*uv, "--system-certs"], pip)], environment
    )
    (venv / STAMP).write_text(stamp_of(lock, venv))


def bundled_pip() -> Path | None:
    """The wheel that `ensurepip` would unpack: beside it, or where Debian keeps it."""
    beside = Path(str(importlib.import_module("ensurepip").__file__)).parent / "_bundled"
    elsewhere = sysconfig.get_config_var("WHEEL_PKG_DIR")
    for folder in (beside, *([Path(elsewhere)] if elsewhere else []), Path("/usr/share/python-wheels")):
        for wheel in sorted(folder.glob("pip-*.whl"), reverse=True):
            return wheel
    return None


def _entry(lock: str, package: str) -> str:
    """One package's lines of a lock file: its version and the hashes below it."""
    lines = lock.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith(f"{package}=="))
    last = first
    while lines[last].endswith("\\"):
        last += 1
    return "\n".join(lines[first : last + 1]) + "\n"


def _first_that_works(commands: list[list[str]], environment: dict[str, str]) -> None:
    for command in commands[:-1]:
        try:
            _run(command, environment)
            return
        except Trouble:
            continue
    _run(commands[-1], environment)


def _run(command: list[str], environment: dict[str, str]) -> None:
    result = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if result.returncode != 0:
        raise Trouble(f"This failed: {' '.join(command)}\n\n{result.stdout[-3000:]}")


def prepare(report: Report) -> None:
    with report.step("This machine has what the shop needs"):
        check_machine(report)
    complete(LOCK, VENV, report)


def prepare_deploy(report: Report) -> None:
    """CDK and its libraries stand in an environment of their own: 560 MB, which nothing else needs."""
    check_machine(report, pdfs=False)
    complete(DEPLOY_LOCK, DEPLOY_VENV, report)


def complete(lock: Path, venv: Path, report: Report) -> None:
    """Makes `venv`, unless it is there and holds what `lock` says."""
    state = ROOT / ".local"
    state.mkdir(exist_ok=True)
    with (state / "venv.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # several commands may be called at once
        if is_complete(lock, venv):
            return
        kind = "An incomplete or outdated" if venv.exists() else "A new"
        with report.step(f"{kind} {venv.relative_to(ROOT)} gets the locked requirements"):
            make_venv(lock, venv)


def main() -> int:
    os.environ[STARTED] = os.environ.get(STARTED) or str(time.monotonic())
    report = Report()
    module, *arguments = sys.argv[1:]
    of_deploy = module.startswith("deploy.")
    lock, venv, make = (DEPLOY_LOCK, DEPLOY_VENV, prepare_deploy) if of_deploy else (LOCK, VENV, prepare)
    try:
        if not {"-h", "--help"} & set(arguments) or not is_complete(lock, venv):
            make(report)
        python = str(venv / "bin" / "python")
        os.execv(python, [python, "-m", module, *arguments])  # noqa: S606  (no shell is the point)
    except KeyboardInterrupt:
        report.line("\nStopped.")
        return 130
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
    except OSError as error:
        print(f"\n{error.strerror}: {error.filename}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
