"""A file system of PostgreSQL's own, of a size that can be filled: a tmpfs, in a mount namespace that ends with us."""

from __future__ import annotations

import ctypes
import errno
import os
import threading
from pathlib import Path

import psycopg

CLONE_NEWNS = 0x20000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
SIZE_MIB = 512
BALLAST = "ballast"
LOG_FILES = 12  # of 16 MiB: more than it holds ready
_libc = ctypes.CDLL(None, use_errno=True)


class NoQuota(Exception):
    """Why this machine lets us have no such file system."""


class Disk:
    """`mount` before anything is in the folder, and before there are threads; then `fill` and `free` at any time.

    Nobody else sees the mount, and no kill can leave it behind: it is gone with the last process that was started here.
    What is on it survives a kill -9 as what is in the kernel's cache does, and no loss of power.
    """

    def __init__(self, folder: Path, size_mib: int = SIZE_MIB) -> None:
        self.folder, self.size_mib = folder, size_mib
        self.full = threading.Event()

    def mount(self) -> None:
        """Raises NoQuota."""
        if _libc.unshare(CLONE_NEWNS) != 0:
            raise NoQuota(f"no mount namespace: {_why()}")
        if _libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) != 0:
            raise NoQuota(f"no private mounts: {_why()}")
        self.folder.mkdir(parents=True, exist_ok=True)
        options = f"size={self.size_mib}m,mode=755".encode()
        if _libc.mount(b"tmpfs", os.fsencode(self.folder), b"tmpfs", 0, options) != 0:
            raise NoQuota(f"no file system of its own: {_why()}")

    def fill(self, database: str = "") -> None:
        """Takes every byte that is left, by root's hand, in a thread: PostgreSQL gets ENOSPC until `free`.

        With `database` it is made to need room at once, see `_use_up_the_log`.
        """
        self.full.set()
        threading.Thread(target=self._fill, args=(database,), daemon=True).start()

    def free(self) -> None:
        self.full.clear()
        (self.folder / BALLAST).unlink(missing_ok=True)

    def unmount(self) -> None:
        _libc.umount2(os.fsencode(self.folder), 2)  # lazily: the last process may be about to end

    def _fill(self, database: str) -> None:
        with (self.folder / BALLAST).open("ab", buffering=0) as file:
            step = 1 << 20
            while step >= 1 << 12 and self.full.is_set():
                try:
                    file.write(b"\0" * step)
                except OSError as error:
                    if error.errno != errno.ENOSPC:
                        raise
                    step //= 16
        if database:
            self._use_up_the_log(database)

    def _use_up_the_log(self, database: str) -> None:
        """Has PostgreSQL use up the files that it holds ready for its log, until it is out of them and falls."""
        try:
            with psycopg.connect(database, autocommit=True, connect_timeout=5) as connection:
                for _ in range(LOG_FILES):
                    if self.full.is_set():
                        connection.execute("SELECT pg_logical_emit_message(false, 'chaos', 'x'), pg_switch_wal()")
        except psycopg.OperationalError:
            return  # it has fallen


def _why() -> str:
    return os.strerror(ctypes.get_errno())
