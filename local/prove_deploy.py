"""`bin/prove-deploy`: `deploy/up` with the real cdk against the AWS emulator, and the tour on what it made.

The processes get what their task definitions say, read back from the emulator: command, settings, and secrets from
Secrets Manager. `otherwise` is all that is told them instead, since an emulator has no database and no load balancer.
Each has its own role's rights, and no others.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3

from local.aws import Provision
from local.children import Child, Children, Interruption
from local.emulator import ACCOUNT, CREDENTIALS, REGION, Emulator, answers
from local.further import Walk
from local.ports import free_port, is_busy
from local.postgres import Postgres
from local.rehearsing import rehearse
from local.report import Report, Trouble
from local.roles import Roles
from local.services import Ports
from local.shop import WORKS
from local.signing_up import sign_up
from shop import processes
from shop.subscriptions import ROUTES, SUBSCRIPTIONS

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy" / ".venv" / "bin" / "python"
SERVICES = (
    "s3,sqs,sns,events,ses,cognito-idp,lambda,secretsmanager,ssm,kms,sts,iam,logs,cloudformation,ec2,ecs,ecr,rds,"
    "elasticache,elasticloadbalancing,route53,acm,monitoring,states"
)


class Rehearsal:
    """A deployment to the emulator, and the shop on it."""

    def __init__(self, state: Path, report: Report) -> None:
        self.state, self.report = state, report
        for process, port in processes.PORTS.items():
            if is_busy(port):  # found out now, and not after two minutes
                raise Trouble(f"{process} listens on port {port}, as its task says, which is taken: end that first.")
        self.ports = Ports(*(free_port() for _ in range(5)))
        self.children = Children(ROOT, state, report)
        self.interruption = Interruption(at_once=self.children.kill)
        self.postgres = Postgres(state / "postgres", self.ports.database, durable=False)
        calls = state / "calls"
        self.emulator = Emulator(
            state / "emulator", state / "mails", self.ports.emulator, services=SERVICES, calls=calls
        )
        self.roles = Roles(self.client, calls)
        no_proxy = {"no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost"}
        self.environment = {**os.environ, **CREDENTIALS, **no_proxy, "AWS_ENDPOINT_URL": self.emulator.endpoint}

    def run(self) -> None:
        with self.report.step("PostgreSQL, AWS emulator"):
            self.postgres.prepare()
            for service in (self.postgres, self.emulator):
                child = service.child(self.environment)
                self.children.start(child)
                service.wait(self.children, child, self.interruption.sleep)
            viewer = ["--port", str(self.ports.mail), "--folder", str(self.emulator.mails)]
            self.children.start(Child("mails", [sys.executable, "-m", "local.mailbox", *viewer], self.environment))
        assembly, chosen = self.state / "cdk.out", self.state / "shop.toml"
        with self.report.step("templates"):
            chosen.write_text(self.choices())
            self.report.line(self.ask([str(DEPLOY), "-m", "deploy.emulated", str(assembly), str(chosen)]))
        self.deploy(assembly, chosen)
        tasks = self.tasks(assembly)
        pool = tasks["web"][1]["COGNITO_POOL_ID"]
        Provision(
            self.emulator.endpoint,
            name="shop",
            region=REGION,
            environment=self.environment,
            subscriptions=SUBSCRIPTIONS,
            routes=ROUTES,
        ).people(pool)
        for name, words in (("migrate", []), ("demo", ["manage.py", "load_demo_shop"])):
            with self.report.step(name):
                command, settings = tasks["manage"]
                self.ask([sys.executable, *(words or command)], {**self.environment, **settings})
        for name, (command, settings) in tasks.items():
            if name != "manage":
                self.start(name, command, settings)
        self.tour(tasks["web"][1])
        with self.report.step("what the tour leaves out: pictures, a file of products, own data"):
            Walk(self.ports.api, cognito=self.client("cognito-idp"), pool=pool).run()
        with self.report.step("the trigger function, from the deployed asset, tells the shop of a sign-up"):
            sign_up(self.client, tasks["web"][1], api=self.ports.api, database=self.postgres.url)
        with self.report.step("an operator's commands look at the queues"):
            for words in (["events_status"], ["dead_letters", "emails"], ["redrive", "emails"]):
                self.ask([sys.executable, "manage.py", *words], {**self.environment, **tasks["manage"][1]})
        self.report.line("\n  What each process asked of AWS, and what its role allows")
        self.roles.account(self.report)
        self.down(assembly, chosen)

    def choices(self) -> str:
        """What `deploy/shop.toml` would say, with the zone and the image that it names made before, as people do."""
        zone = self.client("route53").create_hosted_zone(Name="example.com", CallerReference="once")
        ecr = self.client("ecr")
        ecr.create_repository(repositoryName="shop")
        ecr.put_image(repositoryName="shop", imageTag="1", imageManifest=json.dumps({"schemaVersion": 2}))
        rows = {
            "region": REGION,
            "domain": "shop.example.com",
            "zone_id": zone["HostedZone"]["Id"].rpartition("/")[2],
            "mail_from": "shop@example.com",
            "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/shop:1",
            "admin": "first@example.com",
        }
        return "[deploy]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in rows.items())

    def deploy(self, assembly: Path, chosen: Path) -> None:
        """By `deploy/up`; then once more, which must change nothing."""
        words = ["--settings", str(chosen), "--app", str(assembly), "--outputs", str(self.state / "outputs.json")]
        with self.report.step("deploy/up: cdk from npm, cdk bootstrap, cdk deploy --all, the first admin"):
            said = self.door("up", *words)
        self.report.line(said[said.index("  The shop is up.") :])
        with self.report.step("deploy/up once more, which changes nothing"):
            again = self.door("up", *words)
        if "Nothing has changed" not in again or "first@example.com" not in again:
            raise Trouble(f"A second deploy/up says:\n\n{again}")

    def down(self, assembly: Path, chosen: Path) -> None:
        """By `deploy/down`, which must leave the stacks that hold something, and find nothing to do afterwards."""
        words = ["--settings", str(chosen), "--app", str(assembly), "--yes"]
        with self.report.step("deploy/down: the processes go, what holds data stays"):
            said = self.door("down", *words)
            again = self.door("down", *words)
        stacks = self.client("cloudformation").describe_stacks()["Stacks"]
        standing = {row["StackName"] for row in stacks if row["StackStatus"] != "DELETE_COMPLETE"}
        if standing != {"CDKToolkit", "shop-data", "shop-events", "shop-identity"}:
            raise Trouble(f"These stand after deploy/down: {', '.join(sorted(standing))}")
        self.report.line("\n".join(line for line in said.splitlines() if line.startswith("  ")))  # cdk's own do not
        if "Nothing is left to be destroyed" not in again:
            raise Trouble(f"A second deploy/down says:\n\n{again}")

    def door(self, name: str, *words: str) -> str:
        return self.ask([str(ROOT / "deploy" / name), *words], {**self.environment, "HOME": str(self.state)})

    def tasks(self, assembly: Path) -> dict[str, tuple[list[str], dict[str, str]]]:
        """Process → what its container would run, and with which settings; of `manage`, the migrations."""
        ecs, secrets, found = self.client("ecs"), self.secrets(assembly), {}
        for arn in ecs.list_task_definitions()["taskDefinitionArns"]:
            definition = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
            container = definition["containerDefinitions"][0]
            settings = {row["name"]: row["value"] for row in container["environment"]}
            command = [word for word in container["command"] if word != "python"]
            settings |= secrets[definition["family"]] | self.otherwise(settings["COGNITO_POOL_ID"])
            name = definition["family"].removeprefix("shop-")
            found[name] = (command, settings | self.roles.take(name, definition["taskRoleArn"]))
        if not found:
            raise Trouble("The deployment has made no task definitions.")
        return found

    def secrets(self, assembly: Path) -> dict[str, dict[str, str]]:
        """Task's family → what ECS would fetch for it. By the template: the emulator forgets a definition's secrets."""
        pages = self.client("cloudformation").get_paginator("list_exports").paginate()
        exports = {row["Name"]: row["Value"] for page in pages for row in page["Exports"]}
        template = json.loads((assembly / "shop-service.template.json").read_text())
        manager, found = self.client("secretsmanager"), {}
        for row in template["Resources"].values():
            if row["Type"] == "AWS::ECS::TaskDefinition":
                wanted = row["Properties"]["ContainerDefinitions"][0]["Secrets"]
                arns = {each["Name"]: exports[each["ValueFrom"]["Fn::ImportValue"]] for each in wanted}
                found[row["Properties"]["Family"]] = {
                    name: str(manager.get_secret_value(SecretId=arn)["SecretString"]) for name, arn in arns.items()
                }
        return found

    def otherwise(self, pool: str) -> dict[str, str]:
        """All that is told the processes instead of what the deployment says."""
        return {
            "COGNITO_JWKS_URL": f"{self.emulator.endpoint}/{pool}/.well-known/jwks.json",
            "DATABASE_URL": self.postgres.url,
            "DATABASE_SECRET": "",
            "REDIS_URL": "",
            "PUBLIC_URL": self.ports.api,
            "LIVE_URL": self.ports.feed,
            "ALLOWED_HOSTS": "127.0.0.1",
            "CSRF_TRUSTED_ORIGINS": self.ports.api,
            "TRUSTED_PROXIES": "0",
            "SECURE_COOKIES": "false",
            "THROTTLE": "false",
            "SES_MAX_PER_SECOND": "0",
            "SQS_WAIT": "3",
        }

    def client(self, service: str) -> Any:
        keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "local"}
        return boto3.client(service, region_name=REGION, endpoint_url=self.emulator.endpoint, **keys)  # type: ignore[call-overload]

    def start(self, name: str, command: list[str], settings: dict[str, str], within: float = 90.0) -> None:
        process = name.partition("-")[0]
        ports = {"web": self.ports.web, "live": self.ports.live}
        _, _, served, *options = command  # -m shop.serve PROCESS …, which on this machine has other ports and folders
        words = processes.command(served, *options, host="127.0.0.1", port=ports.get(process), scratch=str(self.state))
        child = Child(name, [sys.executable, *words], {**self.environment, **settings})
        end = time.monotonic() + within
        with self.report.step(name):
            self.children.start(child)
            while not self._works(name, process):
                self.children.require(child)
                if time.monotonic() > end:
                    raise Trouble(f"{name} does not work after {within:.0f} s:\n\n{self.children.tail(child)}")
                self.interruption.sleep(0.1)

    def _works(self, name: str, process: str) -> bool:
        if process == "web":
            return answers(f"{self.ports.api}/health/ready")
        if process == "live":
            return answers(f"http://127.0.0.1:{self.ports.live}/health/ready")
        return WORKS[process] in (self.children.logs / f"{name}.log").read_text(errors="replace")

    def tour(self, settings: dict[str, str]) -> None:
        where = {**self.environment, **self.ports.addresses, "SHOP_STATE": str(self.state / "none")}
        where |= {name: settings[name] for name in ("DATABASE_URL", "QUEUE_URL_PREFIX", "S3_BUCKET")}
        if subprocess.run([sys.executable, "-m", "local.tour"], cwd=ROOT, env=where, check=False).returncode:
            raise Trouble("\n".join(["bin/tour does not hold on what was deployed.", *self.roles.refused()]))

    def ask(self, command: list[str], environment: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment or self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            lines = done.stdout.splitlines()
            told = [line for line in lines if "FAILED" in line or "rror" in line] or lines[-30:]
            raise Trouble(f"This failed: {' '.join(command[:4])} …\n\n" + "\n".join(told[:30]))
        return done.stdout

    def stop(self) -> None:
        names = [child.name for child in self.children.all if child.name not in ("mails", "emulator", "postgres")]
        for some in (names, ("mails", "emulator"), ("postgres",)):
            self.children.stop(some, within=30)
        self.postgres.remove()


def main() -> int:
    if not DEPLOY.exists():
        print("Run bin/test deploy once, which makes deploy/.venv.", file=sys.stderr)
        return 2
    return rehearse("deploy", Rehearsal)


if __name__ == "__main__":
    sys.exit(main())
