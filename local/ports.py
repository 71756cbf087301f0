"""Ports of this machine: free ones, busy ones, and who holds them."""

from __future__ import annotations

import re
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path

from local.report import Trouble

LISTENING = "0A"  # the state's code in /proc/net/tcp
LOWEST = 10000  # the first port that `free_port` gives


def free_port() -> int:
    """A port that nobody listens on right now, and that the kernel gives to no connection until somebody does."""
    try:
        first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except OSError:
        first = 32768
    end = first if first > LOWEST else 65536
    while is_busy(port := LOWEST + secrets.randbelow(end - LOWEST)):
        continue
    return port


def is_busy(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a connection that just ended is no listener
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def refuse_busy(ports: Mapping[str, int]) -> None:
    """Raises Trouble that names every busy port, its holder, and the option (the mapping's key) that changes it."""
    taken = {option: port for option, port in ports.items() if is_busy(port)}
    if taken:
        lines = [f"Port {port} is in use{_by(port)}. Choose another with {option} N." for option, port in taken.items()]
        raise Trouble("\n".join(lines))
    if len(set(ports.values())) != len(ports):
        raise Trouble(f"Each of {', '.join(ports)} needs a port of its own.")


def _by(port: int) -> str:
    pid = holder(port)
    try:
        return "" if pid is None else f" by {Path(f'/proc/{pid}/comm').read_text().strip()} (process {pid})"
    except OSError:  # it ended meanwhile
        return ""


def holder(port: int) -> int | None:
    """The process that listens on `port`, read from /proc; None where that cannot be seen."""
    inodes = set()
    for table in ("tcp", "tcp6"):
        try:
            rows = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            fields = row.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                inodes.add(fields[9])
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            found = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
        except OSError:  # gone, or another user's
            continue
        if found and found[1] in inodes:
            return int(link.parts[2])
    return None
