"""What somebody is woken for: the CDK app makes alarms of this one table, and each has a section in `docs/runbook.md`.

Pure data, no imports from the project, so that anything may read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

OURS = "Shop"
"""Stands for the namespace of what the shop counts itself (`<app>/metrics.py`); others are of the services at AWS."""


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """`metric` over `seconds`, `times` in a row, `above` (or below) `threshold`.

    `name` is the section of the runbook. Values of `dimensions` with a place, `{load_balancer}`, are filled in where
    the resource is made; one with `{queue}` is an alarm for each queue. `missing`: what it means that nothing came.
    """

    name: str
    says: str
    metric: str
    threshold: float
    statistic: str = "Maximum"
    namespace: str = OURS
    dimensions: Mapping[str, str] = field(default_factory=dict)
    seconds: int = 60
    times: int = 5
    above: bool = True
    missing: Literal["breaching", "notBreaching"] = "notBreaching"

    @property
    def is_for_each_queue(self) -> bool:
        return any("{queue}" in value for value in self.dimensions.values())


BALANCER = {"LoadBalancer": "{load_balancer}"}
DATABASE = {"DBInstanceIdentifier": "{database}"}

ALARMS: tuple[Alarm, ...] = (
    Alarm(
        name="dead-letters",
        says="A message could not be handled in any of its deliveries, and waits for a person.",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": "{shop}-{queue}-dead"},
        threshold=0,
        times=1,
    ),
    Alarm(
        name="queue-age",
        says="The oldest message of a queue has waited for more than ten minutes.",
        namespace="AWS/SQS",
        metric="ApproximateAgeOfOldestMessage",
        dimensions={"QueueName": "{shop}-{queue}"},
        threshold=600,
    ),
    Alarm(
        name="outbox-lag",
        says="An event has waited for more than two minutes to be published.",
        metric="OutboxLag",
        threshold=120,
        times=3,
    ),
    Alarm(
        name="relay-silent",
        says="No relay has said for five minutes how far it is behind: none is active.",
        metric="OutboxLag",
        statistic="SampleCount",
        threshold=1,
        above=False,
        missing="breaching",
    ),
    Alarm(
        name="handler-failures",
        says="Handlers fail often. What fails comes again, up to twelve times.",
        metric="HandlerFailures",
        statistic="Sum",
        threshold=50,
        seconds=300,
        times=1,
    ),
    Alarm(
        name="mails-waiting",
        says="A mail is written and SES has not taken it for a quarter of an hour.",
        metric="MailsWaiting",
        threshold=900,
    ),
    Alarm(
        name="mails-failed",
        says="SES refuses mails for good.",
        metric="Mails",
        statistic="Sum",
        dimensions={"state": "failed"},
        threshold=5,
        seconds=900,
        times=1,
    ),
    Alarm(
        name="mail-bounces",
        says="Four of a hundred mails come back. With five SES looks at the account, with ten it stops it.",
        namespace="AWS/SES",
        metric="Reputation.BounceRate",
        threshold=0.04,
        seconds=3600,
        times=1,
    ),
    Alarm(
        name="mail-complaints",
        says="Eight of ten thousand mails are called spam. With ten SES looks at the account, with fifty it stops it.",
        namespace="AWS/SES",
        metric="Reputation.ComplaintRate",
        threshold=0.0008,
        seconds=3600,
        times=1,
    ),
    Alarm(
        name="documents-waiting",
        says="An invoice has its number and for a quarter of an hour no PDF.",
        metric="DocumentsWaiting",
        threshold=900,
    ),
    Alarm(
        name="pdf-slow",
        says="One PDF in ten takes longer than five seconds.",
        metric="PdfTime",
        statistic="p90",
        threshold=5000,
        seconds=300,
        times=3,
    ),
    Alarm(
        name="orders-none",
        says="Nobody has ordered for a day.",
        metric="Orders",
        statistic="Sum",
        threshold=1,
        above=False,
        seconds=86400,
        times=1,
        missing="breaching",
    ),
    Alarm(
        name="server-errors",
        says="The shop answers with 5xx.",
        namespace="AWS/ApplicationELB",
        metric="HTTPCode_Target_5XX_Count",
        statistic="Sum",
        dimensions=BALANCER,
        threshold=10,
        seconds=300,
        times=1,
    ),
    Alarm(
        name="unreachable",
        says="The load balancer itself answers with 5xx: it finds nobody who does.",
        namespace="AWS/ApplicationELB",
        metric="HTTPCode_ELB_5XX_Count",
        statistic="Sum",
        dimensions=BALANCER,
        threshold=10,
        seconds=300,
        times=1,
    ),
    Alarm(
        name="slow-answers",
        says="One answer in a hundred takes longer than two seconds.",
        namespace="AWS/ApplicationELB",
        metric="TargetResponseTime",
        statistic="p99",
        dimensions=BALANCER,
        threshold=2,
        times=10,
    ),
    Alarm(
        name="web-down",
        says="No web process is healthy.",
        namespace="AWS/ApplicationELB",
        metric="HealthyHostCount",
        dimensions=BALANCER | {"TargetGroup": "{web}"},
        threshold=1,
        times=3,
        above=False,
        missing="breaching",
    ),
    Alarm(
        name="live-down",
        says="No live process is healthy: nobody is told anything while it happens.",
        namespace="AWS/ApplicationELB",
        metric="HealthyHostCount",
        dimensions=BALANCER | {"TargetGroup": "{live}"},
        threshold=1,
        times=3,
        above=False,
        missing="breaching",
    ),
    Alarm(
        name="database-storage",
        says="PostgreSQL has less than 5 GiB left on its disk.",
        namespace="AWS/RDS",
        metric="FreeStorageSpace",
        statistic="Minimum",
        dimensions=DATABASE,
        threshold=5 * 1024**3,
        seconds=300,
        times=1,
        above=False,
    ),
    Alarm(
        name="database-connections",
        says="PostgreSQL has more connections than the shop's processes need.",
        namespace="AWS/RDS",
        metric="DatabaseConnections",
        dimensions=DATABASE,
        threshold=80,
    ),
    Alarm(
        name="database-busy",
        says="PostgreSQL's processors have been busy for a quarter of an hour.",
        namespace="AWS/RDS",
        metric="CPUUtilization",
        statistic="Average",
        dimensions=DATABASE,
        threshold=85,
        times=15,
    ),
    Alarm(
        name="certificate-expires",
        says="The certificate ends in less than twenty days, and was not renewed by itself.",
        namespace="AWS/CertificateManager",
        metric="DaysToExpiry",
        statistic="Minimum",
        dimensions={"CertificateArn": "{certificate}"},
        threshold=20,
        seconds=86400,
        times=1,
        above=False,
    ),
)
