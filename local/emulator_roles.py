"""In the emulator's process: callers are held to their roles' policies, and what they ask is written down.

ministack evaluates policies as IAM does, conditions, bucket's and queues' policies included, and it checks signatures.
What it lacks is put right here: under whose name IAM knows a batch, and for which sender a mail is sent. Nothing on
this machine speaks TLS, so that a policy which asks for it is told that all do.
"""

from __future__ import annotations

import json
import re
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import ministack.app as ministack  # type: ignore[import-untyped]
from ministack.core import iam_evaluator  # type: ignore[import-untyped]

ROLE = re.compile(r":assumed-role/[^/]+/(.+)$")
BATCH = re.compile(r"^(s(?:qs|ns):\w+)Batch$")  # https://docs.aws.amazon.com/service-authorization: one action for both
SEND = "ses:SendRawEmail"
SECRET = re.compile(r":secret:(.+)-\w{6}$")
"""CloudFormation here calls a secret by its name where AWS's says its ARN, and so do the policies that it makes."""


def hold(file: Path) -> None:
    """From now on a line for each call under a role: the name of its session, action, resource, whether allowed."""
    allow, pin = iam_evaluator.enforce, ministack.pin_request_origin

    def enforce(
        key: str, action: str, service: str, region: str, *, resource_arn: str = "*", service_context: Any = None
    ) -> Any:
        action = BATCH.sub(r"\1", action)
        resources, context = [resource_arn], dict(service_context or {})
        if secret := SECRET.search(resource_arn):
            resources = [secret[1]]
        if action == SEND:
            sender, resources = _sender(region)
            context["ses:FromAddress"] = sender
        caller = iam_evaluator.resolve_caller_identity(key) or {}
        refusal: Any = None
        for resource in resources:
            refusal = allow(key, action, service, region, resource_arn=resource, service_context=context)
            if role := ROLE.search(caller.get("userArn", "")):
                row = {"process": role[1], "action": action, "resource": resource, "allowed": refusal is None}
                with file.open("a") as lines:
                    lines.write(json.dumps(row) + "\n")
            if refusal is not None:
                break
        return refusal

    iam_evaluator.enforce = enforce
    ministack.pin_request_origin = lambda address, secure: pin(address, True)


def _sender(region: str) -> tuple[str, list[str]]:
    """A mail's sender, and what SES asks a right to: the identity that it is sent by, and the configuration set."""
    from ministack.core.responses import get_account_id  # type: ignore[import-untyped]
    from ministack.services import ses  # type: ignore[import-untyped]

    request = iam_evaluator._signed_request.get()
    form = parse_qs(request.body.decode()) if request else {}
    sender = parseaddr(form.get("Source", [""])[0])[1]
    account = get_account_id()
    identity = sender if sender in ses._identities else sender.rpartition("@")[2]
    named = [f"identity/{identity}", *(f"configuration-set/{name}" for name in form.get("ConfigurationSetName", []))]
    return sender, [f"arn:aws:ses:{region}:{account}:{name}" for name in named]
