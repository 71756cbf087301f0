"""Counts and durations for CloudWatch, as lines on standard output in its embedded metric format.

CloudWatch takes the numbers out of the log by itself: no library, no call, no thread. Which metrics there are is said
where they are known (`<app>/metrics.py`), and `shop/alarms.py` watches them. A metric has one dimension at most, and
that of a few values: each combination is a metric of its own, and is paid for.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
import logging
import sys
import time
from dataclasses import dataclass
from typing import Any, Literal

from django.conf import settings

from api import context

log = logging.getLogger(__name__)
REGISTRY: dict[str, Metric] = {}
"""Name → metric: all that this version of the code counts."""
OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """What is counted. Of its dimension, what is not among `values` counts as "other"."""

    name: str
    unit: Literal["Count", "Seconds", "Milliseconds"]
    help: str
    dimension: str = ""
    values: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if REGISTRY.setdefault(self.name, self) != self:
            raise TypeError(f"There are two metrics {self.name}.")


def wanted() -> bool:
    return bool(settings.METRICS == "emf")


def put(metric: Metric, value: float = 1, *, of: str = "", **facts: str) -> None:
    """Writes one value. `of` is the dimension's; `facts` stand beside it in the log and count for nothing."""
    if not wanted():
        return
    sets: list[list[str]] = [[]]  # over all, and for each of its dimension
    told: dict[str, Any] = {"process": context.process(), **context.ids(), **facts}
    if metric.dimension:
        sets.append([metric.dimension])
        told[metric.dimension] = of if of in metric.values else OTHER
    directive = {
        "Namespace": settings.METRICS_NAMESPACE,
        "Dimensions": sets,
        "Metrics": [{"Name": metric.name, "Unit": metric.unit}],
    }
    told["_aws"] = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    told[metric.name] = value
    try:
        # Not `sys.stdout`: Celery makes log lines of whatever is written there.
        print(json.dumps(told, separators=(",", ":")), file=sys.__stdout__, flush=True)
    except OSError as error:  # nobody reads: what was counted has happened all the same
        log.warning("%s cannot be written: %s", metric.name, error)
