"""Every alarm has its section in the runbook, and what both name is there: metrics, commands, settings, sections."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.core.management import get_commands

from api.metrics import REGISTRY
from shop.alarms import ALARMS, OURS, Alarm
from shop.settings import env

RUNBOOK = (settings.BASE_DIR / "docs" / "runbook.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+)\n\n((?:.|\n)*?)(?=^## |\Z)", RUNBOOK, flags=re.MULTILINE))
OURS_ALONE = [alarm for alarm in ALARMS if alarm.namespace == OURS]


def test_every_alarm_has_a_section_and_every_section_an_alarm() -> None:
    assert SECTIONS.keys() == {"How to run a command", *(alarm.name for alarm in ALARMS)}


@pytest.mark.parametrize("alarm", ALARMS, ids=lambda alarm: alarm.name)
def test_a_section_says_what_it_means_what_to_look_at_and_what_to_do(alarm: Alarm) -> None:
    text = SECTIONS[alarm.name]

    assert "**Means:**" in text
    assert "**Look" in text
    assert "**Do:**" in text or "**Look and do:**" in text


@pytest.mark.parametrize("alarm", OURS_ALONE, ids=lambda alarm: alarm.name)
def test_what_an_alarm_watches_is_counted(alarm: Alarm) -> None:
    metric = REGISTRY[alarm.metric]

    for dimension, value in alarm.dimensions.items():
        assert dimension == metric.dimension
        assert value in metric.values


def test_every_command_of_the_runbook_is_there() -> None:
    commands = set(re.findall(r"(?:manage\.py|bin/manage) ([a-z_]+)", RUNBOOK))

    assert commands >= {"events_status", "dead_letters", "redrive", "publish_again", "check_documents", "trace"}
    assert commands <= get_commands().keys()
    assert all((settings.BASE_DIR / name).exists() for name in re.findall(r"`(bin/[a-z]+)", RUNBOOK))


def test_every_setting_of_the_runbook_is_one() -> None:
    named = {name.partition("=")[0] for name in re.findall(r"`([A-Z][A-Z_]+(?:=\w+)?)`", RUNBOOK)}

    assert {"SES_MAX_PER_SECOND", "LOG_FORMAT", "TRACES"} <= named
    assert named <= {variable.name for variable in env.variables}


def test_every_link_leads_to_a_section() -> None:
    assert set(re.findall(r"\]\(#([^)]+)\)", RUNBOOK)) <= SECTIONS.keys()


def test_the_page_on_metrics_lists_what_is_counted() -> None:
    page = (settings.BASE_DIR / "docs" / "observability.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (?:`(\w+)`)? ?\|", page, flags=re.MULTILINE)

    counted = {metric for metric in REGISTRY.values() if metric.help != "For these tests."}
    assert set(rows) == {(metric.name, metric.unit, metric.dimension) for metric in counted}
