"""The templates as the AWS emulator can take them, for `bin/prove-deploy`: `python -m deploy.emulated FOLDER SETTINGS`.

They are those of AWS, less the few types that the emulator does not know. Nothing that the shop calls is among them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from deploy import node

node.use()  # before anything imports aws_cdk

from deploy.settings import chosen  # noqa: E402
from deploy.shop import Shop  # noqa: E402

UNKNOWN = {
    "AWS::EC2::EIP": "ways out of private subnets, which a process on this machine does not take",
    "AWS::EC2::NatGateway": "the same",
    "AWS::EC2::FlowLog": "a log of connections that are none here",
    "AWS::EC2::SecurityGroupIngress": "who may reach whom: all of it is this machine",
    "AWS::EC2::SecurityGroupEgress": "the same",
    "AWS::Events::Archive": "what is kept of the bus, and read by nobody in the tour",
    "AWS::ECS::ClusterCapacityProviderAssociations": "Fargate and Spot",
    "AWS::ApplicationAutoScaling::ScalableTarget": "how many tasks there are",
    "AWS::ApplicationAutoScaling::ScalingPolicy": "the same",
    "Custom::Migrations": "a task of ECS, which cannot be run here: the migrations run by its command",
    "AWS::ECS::Service": "starts containers: the processes are started by their task definitions' commands",
}
"""Type → what is not proven for it."""

UNTOLD = {"MasterUserSecret.SecretArn": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:none"}
"""Attribute that the emulator does not tell → what stands in its place. It makes no secret for a database."""


def told(value: Any) -> Any:
    """A template without the attributes that the emulator does not tell."""
    if isinstance(value, dict):
        if isinstance(of := value.get("Fn::GetAtt"), list) and of[1] in UNTOLD:
            return UNTOLD[of[1]]
        return {name: told(each) for name, each in value.items()}
    return [told(each) for each in value] if isinstance(value, list) else value


def less(template: dict[str, Any]) -> list[str]:
    """Takes the resources of these types out of a template, and all that names them; gives their types."""
    gone = {id: row["Type"] for id, row in template["Resources"].items() if row["Type"] in UNKNOWN}
    template["Resources"] = {id: row for id, row in template["Resources"].items() if id not in gone}
    while True:
        lame = {id for id, row in template["Resources"].items() if _names(row, gone)}
        for id in lame:
            row = template["Resources"][id]
            row["DependsOn"] = [name for name in _listed(row.get("DependsOn")) if name not in gone]
            if _names({**row, "DependsOn": []}, gone):
                gone[id] = template["Resources"].pop(id)["Type"]
                break
        else:
            break
    outputs = template.get("Outputs", {})
    template["Outputs"] = {name: row for name, row in outputs.items() if not _names(row, gone)}
    return sorted(gone.values())


def _listed(names: Any) -> list[str]:
    return [names] if isinstance(names, str) else list(names or [])


def _names(value: Any, gone: dict[str, str]) -> bool:
    if isinstance(value, dict):
        if value.get("Ref") in gone or (isinstance(of := value.get("Fn::GetAtt"), list) and of[0] in gone):
            return True
        return any(_names(each, gone) for each in value.values())
    if isinstance(value, list):
        return any(_names(each, gone) for each in value)
    return isinstance(value, str) and value in gone


def main() -> int:
    folder, settings = map(Path, sys.argv[1:])
    shop = Shop(chosen(settings, {}), outdir=str(folder))
    for stack in shop.app.synth().stacks:
        file = folder / stack.template_file
        template = told(json.loads(file.read_text()))
        left_out = less(template)
        file.write_text(json.dumps(template))
        counts = ", ".join(f"{left_out.count(kind)} {kind}" for kind in dict.fromkeys(left_out))
        sys.stdout.write(f"{stack.stack_name}: {len(template['Resources'])} resources, left out: {counts or 'none'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
