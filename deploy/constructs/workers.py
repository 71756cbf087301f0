"""Workers: a service per queue, or one that takes from all, grown by what waits and for how long it has waited."""

from __future__ import annotations

from aws_cdk import Duration, aws_applicationautoscaling, aws_cloudwatch, aws_ecs
from constructs import Construct

from deploy.constructs.permissions import Permissions
from deploy.constructs.process import Process, Size, World
from deploy.constructs.queues import NAMES, Queues

SIZE = Size(cpu=512, memory=2048)
MEMORY_EACH = 768  # MiB for each of two processes: with the one above them, they fit into the task
Step = aws_applicationautoscaling.ScalingInterval
BY_BACKLOG = [Step(upper=1, change=-1), Step(lower=20, change=1), Step(lower=100, change=2), Step(lower=500, change=4)]
"""Messages that wait, per task. At the most of tasks that a service may have, nothing grows further."""
BY_AGE = [Step(lower=120, change=1), Step(lower=600, change=2)]
"""Seconds that the oldest message has waited: few slow ones (an import) make no backlog."""


MOST_METRICS = 10
"""What CloudWatch lets one alarm on an expression look at: more queues than that take several alarms."""


def batched(names: list[str], size: int) -> list[list[str]]:
    return [names[first : first + size] for first in range(0, len(names), size)]


class Workers(Construct):
    """`processes`, by the queue that each takes from, or `all`."""

    def __init__(self, scope: Construct, id: str, *, world: World, permissions: Permissions) -> None:
        super().__init__(scope, id)
        settings = world.settings
        groups = {"all": list(NAMES)} if settings.workers == "one" else {name: [name] for name in NAMES}
        self.processes: dict[str, Process] = {}
        for name, taken in groups.items():
            process = Process(
                self,
                f"Worker-{name}",
                world=world,
                process="worker",
                options=["--queues", ",".join(taken)],
                size=SIZE,
                count=1,
                spot=settings.spot,
                more={"WORKER_MEMORY_MIB": str(MEMORY_EACH)},
            )
            permissions.worker(process.role, taken)
            scaling = process.service.auto_scale_task_count(min_capacity=1, max_capacity=settings.most_workers)
            for number, some in enumerate(batched(taken, MOST_METRICS - 1)):
                self._grow(scaling, process, some, permissions.queues, suffix=str(number) if number else "")
            self.processes[name] = process

    @staticmethod
    def _grow(
        scaling: aws_ecs.ScalableTaskCount, process: Process, taken: list[str], queues: Queues, *, suffix: str
    ) -> None:
        minute = Duration.minutes(1)
        waiting = {
            f"waiting{number}": queues.by_name[name].metric_approximate_number_of_messages_visible(
                period=minute, statistic="Maximum"
            )
            for number, name in enumerate(taken)
        }
        # Each running task reports its use of the processor once a minute: so many samples, so many tasks.
        tasks = process.service.metric_cpu_utilization(period=minute, statistic="SampleCount")
        scaling.scale_on_metric(
            f"Backlog{suffix}",
            metric=aws_cloudwatch.MathExpression(
                expression=f"({' + '.join(waiting)}) / IF(FILL(tasks, 1) > 1, FILL(tasks, 1), 1)",
                using_metrics=waiting | {"tasks": tasks},
                period=minute,
                label="Messages that wait, per task",
            ),
            scaling_steps=BY_BACKLOG,
            adjustment_type=aws_applicationautoscaling.AdjustmentType.CHANGE_IN_CAPACITY,
            cooldown=Duration.minutes(2),
        )
        ages = {
            f"age{number}": queues.by_name[name].metric_approximate_age_of_oldest_message(
                period=minute, statistic="Maximum"
            )
            for number, name in enumerate(taken)
        }
        scaling.scale_on_metric(
            f"Age{suffix}",
            metric=aws_cloudwatch.MathExpression(
                expression=f"MAX([{', '.join(ages)}])", using_metrics=ages, period=minute, label="Oldest message"
            ),
            scaling_steps=BY_AGE,
            adjustment_type=aws_applicationautoscaling.AdjustmentType.CHANGE_IN_CAPACITY,
            cooldown=Duration.minutes(2),
        )
