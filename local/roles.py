"""Each process under its own task role, against an emulator that holds callers to it, and the account of it afterwards.

What a process asked stands in the emulator's list of calls; what it may, in its role's policies, read back from the
emulator. A call that is refused is a right that is missing. A right that no call needed is one to spare, unless
`NOT_WALKED` says what it is for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from local.emulator import ACCOUNT
from local.report import Report, Trouble

OURS = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "sts:AssumeRole",
}
"""Who else may take a role: on AWS it is ECS alone, which is not here."""

Reason = tuple[str, str, str]
NOT_WALKED: dict[Reason, str] = {
    ("*", "secretsmanager:GetSecretValue", "*:secret:none"): "the database's password; the one here asks for none",
    ("*", "s3:ListBucket", "*"): "so that what is lost is told from what is forbidden, and for what is swept",
    ("worker-*", "s3:DeleteObject", "*/products/*"): "a sweep of pictures that nobody has any more",
    ("worker-tasks", "s3:DeleteObject", "*/own-data/*"): "a sweep of exports whose time is over",
    ("*", "s3:PutObject", "*/invoices/*"): "a document that was lost is stored anew",
    ("manage", "s3:GetObject", "*/invoices/*"): "an operator looks which documents are lost",
    ("manage", "sqs:*", "*"): "an operator looks at queues and at dead letters, and sends events again",
    ("web", "s3:GetObject", "*/supplier-invoices/*"): "staff download what a supplier has sent",
    ("web", "sqs:SendMessage", "*"): "staff send an event to one consumer again",
    ("worker-*", "sqs:ChangeMessageVisibility", "*"): "what has failed comes again, later each time",
    ("worker-*", "sqs:DeleteMessage", "*"): "what was done, on a queue to which nothing came",
    ("worker-incoming-documents", "s3:DeleteObject", "*/supplier-invoices/*"): "an upload that is forgotten",
    ("worker-tasks", "sqs:SendMessage", "*"): "a sweep of pictures that goes on in another task",
}
"""Process, action and resource, with stars → what a role has a right for that neither tour nor walk needs."""


@dataclass(frozen=True, order=True)
class Right:
    """One action on one resource, either of which may have stars."""

    action: str
    resource: str

    def covers(self, call: Call) -> bool:
        return _like(call.action.lower(), self.action.lower()) and _like(call.resource, self.resource)

    def __str__(self) -> str:
        return f"{self.action} {self.resource.rpartition(':')[2]}"


@dataclass(frozen=True, order=True)
class Call:
    process: str
    action: str
    resource: str
    allowed: bool

    def __str__(self) -> str:
        return f"{self.action} {self.resource.rpartition(':')[2]}"


def rights(document: dict[str, Any]) -> Iterator[Right]:
    """What a policy allows. Raises Trouble for a statement of another kind than ours are."""
    for statement in _listed(document["Statement"]):
        if statement["Effect"] != "Allow" or not {"Action", "Resource"} <= statement.keys():
            raise Trouble(f"This is no statement that can be accounted for: {statement}")
        for action in _listed(statement["Action"]):
            for resource in _listed(statement["Resource"]):
                yield Right(action, resource)


def read(file: Path) -> list[Call]:
    """Each call once."""
    lines = file.read_text().splitlines() if file.exists() else []
    return sorted({Call(**json.loads(line)) for line in lines})


def spare(process: str, may: Iterable[Right], calls: Iterable[Call]) -> dict[Right, Reason | None]:
    """The rights of a process that none of its calls needed, each with the row that says what it is for."""
    made = [call for call in calls if call.process == process]
    return {right: _reason(process, right) for right in may if not any(right.covers(call) for call in made)}


def _reason(process: str, right: Right) -> Reason | None:
    for row in NOT_WALKED:
        if all(map(_like, (process, right.action, right.resource), row)):
            return row
    return None


class Roles:
    """`take` a role for each process, and `account` for all of them at the end."""

    def __init__(self, client: Callable[[str], Any], calls: Path) -> None:
        self.iam, self.sts, self.calls = client("iam"), client("sts"), calls
        self.taken: dict[str, str] = {}

    def take(self, process: str, arn: str) -> dict[str, str]:
        """The settings by which a process acts under the role `arn` and by no other right."""
        name = arn.rpartition("/")[2]
        trust = self.iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
        if OURS not in trust["Statement"]:
            trust["Statement"].append(OURS)
            self.iam.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
        keys = self.sts.assume_role(RoleArn=arn, RoleSessionName=process)["Credentials"]
        self.taken[process] = name
        return {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
        }

    def rights(self, process: str) -> list[Right]:
        name = self.taken[process]
        if self.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            raise Trouble(f"The role of {process} has policies that are not its own.")
        documents = [
            self.iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in self.iam.list_role_policies(RoleName=name)["PolicyNames"]
        ]
        return sorted({right for document in documents for right in rights(document)})

    def refused(self) -> list[str]:
        return [f"{call.process} was refused {call}" for call in read(self.calls) if not call.allowed]

    def account(self, report: Report) -> None:
        """Prints who asked what and could have asked what else. Raises Trouble for a right that is missing or spare."""
        calls, wrong, used, reasons = read(self.calls), self.refused(), 0, set[Reason]()
        for process in self.taken:
            may = self.rights(process)
            needless = spare(process, may, calls)
            used += len(may) - len(needless)
            report.line(f"  {process}: {len(may)} rights, {len(may) - len(needless)} of them used")
            for right in may:
                if right not in needless:
                    report.line(f"    used   {right}")
                elif not needless[right]:
                    wrong.append(f"{process} has no need of {right}")
            for reason in sorted(filter(None, set(needless.values()))):
                actions = sorted({right.action for right, of in needless.items() if of == reason})
                report.line(f"    spare  {', '.join(actions)}: {NOT_WALKED[reason]}")
                reasons.add(reason)
        wrong += [f"nobody has the right that is explained by {row}" for row in NOT_WALKED if row not in reasons]
        if wrong:
            raise Trouble("The roles are not what the processes need:\n\n" + "\n".join(wrong))
        report.line(
            f"  No call was refused, {used} rights were used, and all others are for what was not walked through."
        )


def _like(text: str, pattern: str) -> bool:
    """IAM's stars and question marks; a bracket is a bracket."""
    return fnmatchcase(text, re.sub(r"\[", "[[]", pattern))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
