"""kill -9 of a process and all that belongs to it at once, as when a machine loses power.

To kill a master alone would let its workers end in good order.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path


def kill(leader: int) -> list[int]:
    """Kills it and all below it; returns who that was, the leader first."""
    members = family(leader)
    for member in members:
        try:
            os.kill(member, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return members


def children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # it has ended
        return []


def family(leader: int) -> list[int]:
    """The leader first, then all below it or in its session (PostgreSQL's backends leave the session)."""
    parent_of: dict[int, int] = {}
    members = {leader}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parent_of[int(entry.name)] = int(fields[1])
        if int(fields[3]) == leader:
            members.add(int(entry.name))
    while more := {pid for pid, parent in parent_of.items() if parent in members} - members:
        members |= more
    return sorted(members, key=lambda pid: pid != leader)
