"""What of a shop goes when it is taken down, and what stays: as CloudFormation was told when it was deployed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from deploy.operating.stacks import Stack, Stacks

HOLDS = {
    "AWS::RDS::DBInstance": "database",
    "AWS::RDS::DBCluster": "database",
    "AWS::Cognito::UserPool": "user pool",
    "AWS::S3::Bucket": "bucket",
    "AWS::Events::Archive": "archive of events",
    "AWS::SecretsManager::Secret": "secret",
}
"""Types that hold something nobody could make again → what people call them."""

REFUSES = (True, "true", "ACTIVE")
"""What `DeletionProtection` says where something must not be deleted."""


@dataclass
class Kept:
    """`stays` are stacks that are not touched, `goes` those that are destroyed; `left` outlives its stack, and of
    `snapshots` a last one is taken.
    """

    goes: list[str] = field(default_factory=list)
    stays: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    snapshots: list[str] = field(default_factory=list)


def kept(stacks: Stacks, there: dict[str, Stack]) -> Kept:
    """A stack stays as it is where its database or user pool is protected: CloudFormation could not take the network
    from below a database, and would leave half of the stack. So does what such a stack stands on, the queues, in which
    there may be events that nobody has handled yet.
    """
    found = Kept()
    templates = {name: stacks.template(name) for name in there}
    for name, resources in templates.items():
        if what := [HOLDS[row["Type"]] for row in resources.values() if _refuses(row)]:
            found.stays[name] = f"its {what[0]} is protected"
    events = next((name for name in there if name.endswith("-events")), None)
    if events and found.stays:
        found.stays[events] = "its queues may hold events that nobody has handled yet"
    for name in reversed(list(there)):
        if name not in found.stays:
            found.goes.append(name)
            _sort(found, templates[name], stacks.physical(name))
    return found


def _refuses(row: dict[str, Any]) -> bool:
    return row["Type"] in HOLDS and row.get("Properties", {}).get("DeletionProtection") in REFUSES


def _sort(found: Kept, resources: dict[str, Any], names: dict[str, str]) -> None:
    for id, row in resources.items():
        if row["Type"] in HOLDS:
            called = f"{HOLDS[row['Type']]} {names.get(id, id)}"
            if row.get("DeletionPolicy") == "Retain":
                found.left.append(called)
            elif row.get("DeletionPolicy") == "Snapshot":
                found.snapshots.append(called)
