"""What is to be seen of a shop: its alarms (`shop/alarms.py`), the topic that they go to, and a dashboard."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from aws_cdk import Duration, Stack, aws_cloudwatch, aws_cloudwatch_actions, aws_iam, aws_sns, aws_sns_subscriptions
from constructs import Construct

from deploy.constructs.collector import namespace
from deploy.constructs.queues import NAMES
from deploy.nag import explain
from deploy.settings import Settings
from shop.alarms import ALARMS, OURS, Alarm
from shop.subscriptions import SUBSCRIPTIONS

PLACE = re.compile(r"\{(\w+)\}")
HALF, WHOLE = 12, 24  # columns of a dashboard
SHOWN: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("Orders and refusals", "Sum", (("Orders", ""), ("Refusals", ""))),
    ("Outbox: age of the oldest event, in seconds", "Maximum", (("OutboxLag", ""),)),
    ("From event to handled, in seconds", "p90", tuple(("HandledAfter", f"consumer={name}") for name in SUBSCRIPTIONS)),
    ("Deliveries that failed", "Sum", (("HandlerFailures", ""),)),
    (
        "Mails, by what became of them",
        "Sum",
        tuple(("Mails", f"state={state}") for state in ("sent", "delivered", "bounced", "complained", "failed")),
    ),
    ("Waiting: mails and documents, in seconds", "Maximum", (("MailsWaiting", ""), ("DocumentsWaiting", ""))),
    ("A PDF, in milliseconds", "p90", (("PdfTime", ""),)),
    ("Live connections", "Sum", (("LiveConnections", ""),)),
)
"""Title, statistic and metrics of each graph of what the shop counts itself."""


class Seeing(Construct):
    """`topic` takes the alarms: subscribe whoever is to be woken.

    `places` says what the places of the table's dimensions are here: `load_balancer`, `web` and `live` (their target
    groups), `database`, `certificate`. An alarm of what this shop has not is not made.
    """

    def __init__(self, scope: Construct, id: str, *, settings: Settings, places: Mapping[str, str]) -> None:
        super().__init__(scope, id)
        self._places = {"shop": settings.name, **places}
        self._namespace = namespace(settings)
        self.topic = self._topic(settings)
        action = aws_cloudwatch_actions.SnsAction(self.topic)
        self.alarms: dict[str, aws_cloudwatch.Alarm] = {}
        for name, alarm, dimensions in self._wanted():
            self.alarms[name] = made = self._alarm(name, alarm, dimensions, settings)
            made.add_alarm_action(action)
            made.add_ok_action(action)
        self._dashboard(settings)

    def _topic(self, settings: Settings) -> aws_sns.Topic:
        topic = aws_sns.Topic(self, "Topic", topic_name=f"{settings.name}-alarms", enforce_ssl=True)
        explain(topic, "SNS2", "An alarm tells of numbers, and of nobody's orders.")
        # Whoever writes a policy of their own for a topic takes away what CloudWatch may do by the one that it had.
        topic.add_to_resource_policy(
            aws_iam.PolicyStatement(
                principals=[aws_iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        for address in settings.alarms_to:
            topic.add_subscription(aws_sns_subscriptions.EmailSubscription(address))
        return topic

    def _wanted(self) -> Iterator[tuple[str, Alarm, dict[str, str]]]:
        for alarm in ALARMS:
            for queue in NAMES if alarm.is_for_each_queue else ("",):
                places = self._places | ({"queue": queue} if queue else {})
                if {place for value in alarm.dimensions.values() for place in PLACE.findall(value)} <= places.keys():
                    filled = {name: value.format(**places) for name, value in alarm.dimensions.items()}
                    yield f"{alarm.name}-{queue}".rstrip("-"), alarm, filled

    def _alarm(self, name: str, alarm: Alarm, dimensions: dict[str, str], settings: Settings) -> aws_cloudwatch.Alarm:
        compared, treated = aws_cloudwatch.ComparisonOperator, aws_cloudwatch.TreatMissingData
        above = compared.GREATER_THAN_THRESHOLD if alarm.above else compared.LESS_THAN_THRESHOLD
        return aws_cloudwatch.Alarm(
            self,
            name,
            alarm_name=f"{settings.name}-{name}",
            alarm_description=f"{alarm.says} What to do: docs/runbook.md#{alarm.name}",
            metric=aws_cloudwatch.Metric(
                namespace=self._namespace if alarm.namespace == OURS else alarm.namespace,
                metric_name=alarm.metric,
                statistic=alarm.statistic,
                dimensions_map=dimensions or None,
                period=Duration.seconds(alarm.seconds),
            ),
            threshold=alarm.threshold,
            evaluation_periods=alarm.times,
            comparison_operator=above,
            treat_missing_data=treated.BREACHING if alarm.missing == "breaching" else treated.NOT_BREACHING,
        )

    def _dashboard(self, settings: Settings) -> None:
        dashboard = aws_cloudwatch.Dashboard(self, "Dashboard", dashboard_name=settings.name)
        dashboard.add_widgets(
            aws_cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(self.alarms.values()), width=WHOLE, height=5)
        )
        graphs = [
            aws_cloudwatch.GraphWidget(
                title=title, width=HALF, left=[self._metric(name, of, statistic) for name, of in metrics]
            )
            for title, statistic, metrics in SHOWN
        ]
        for left, right in zip(graphs[::2], graphs[1::2], strict=True):
            dashboard.add_widgets(left, right)

    def _metric(self, name: str, of: str, statistic: str) -> aws_cloudwatch.Metric:
        dimension, _, value = of.partition("=")
        return aws_cloudwatch.Metric(
            namespace=self._namespace,
            metric_name=name,
            statistic=statistic,
            dimensions_map={dimension: value} if of else None,
            label=value or name,
            period=Duration.minutes(1),
        )
