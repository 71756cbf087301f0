"""What is counted goes out as CloudWatch's embedded metric format asks, and only where it is wanted."""

from __future__ import annotations

import json
import time

import pytest
from jsonschema import Draft202012Validator
from pytest_django.fixtures import Settings

from api import metrics
from api.context import concerning
from api.metrics import Metric

UNIT = {"enum": ["Count", "Seconds", "Milliseconds"]}
NAME = {"type": "string", "minLength": 1, "maxLength": 1024}
EMF = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer"},
                "CloudWatchMetrics": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["Namespace", "Dimensions", "Metrics"],
                        "additionalProperties": False,
                        "properties": {
                            "Namespace": NAME,
                            "Dimensions": {"type": "array", "items": {"type": "array", "items": NAME, "maxItems": 30}},
                            "Metrics": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "required": ["Name"],
                                    "additionalProperties": False,
                                    "properties": {
                                        "Name": NAME,
                                        "Unit": {"enum": ["Count", "Seconds", "Milliseconds"]},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}
"""As far as we use it, of the specification that `api/metrics.py` names."""

FRUIT = Metric(name="Fruit", unit="Count", help="For these tests.", dimension="sort", values=("apple", "pear"))


def written(capfd: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    for line in lines:
        Draft202012Validator(EMF).validate(line)
    return lines


def test_a_value_goes_out_over_all_and_for_its_dimension(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    settings.METRICS = "emf"
    with concerning(order_id="o-1"):
        metrics.put(FRUIT, 2, of="apple")

    (line,) = written(capfd)
    assert (line["Fruit"], line["sort"], line["order_id"]) == (2, "apple", "o-1")
    told = line["_aws"]
    assert isinstance(told, dict)
    assert told["CloudWatchMetrics"] == [
        {"Namespace": "Shop", "Dimensions": [[], ["sort"]], "Metrics": [{"Name": "Fruit", "Unit": "Count"}]}
    ]
    assert abs(told["Timestamp"] / 1000 - time.time()) < 60


def test_a_dimension_takes_no_values_but_its_own(settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    settings.METRICS = "emf"

    metrics.put(FRUIT, of="whatever a stranger sent")

    assert [line["sort"] for line in written(capfd)] == ["other"]


def test_nothing_goes_out_where_nobody_wants_it(capfd: pytest.CaptureFixture[str]) -> None:
    metrics.put(FRUIT, of="pear")

    assert capfd.readouterr().out == ""


def test_no_two_metrics_have_one_name() -> None:
    with pytest.raises(TypeError, match="two metrics Fruit"):
        Metric(name="Fruit", unit="Seconds", help="Another one.")
