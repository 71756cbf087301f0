"""A pytest plugin: how many workers share the tests, and AWS resources of its own for each.

pytest-django gives each a database. What else two tests could meet in, queues, topic, bus, bucket and user pool, is
made from the shop's table for each worker, and named in its environment before Django reads its settings there.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from local.aws import provision

MOST = 4
"""Workers at most: all share one PostgreSQL and one emulator."""

FEW = 8
"""For so many files no worker is started: each starts Django and migrates a database before its first test."""


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Generator[None, object, object]:
    """A wrapper, for pytest-django reads the settings in this hook as early as it can."""
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        os.environ |= provision(
            os.environ["AWS_ENDPOINT_URL"],
            name=f"{os.environ['EVENT_BUS_NAME']}-{worker}",
            region=os.environ["AWS_REGION"],
            environment=os.environ,
        )
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """What `-n auto` means; 0 is pytest alone, as for a selection, or with a cache that all workers would share."""
    chosen, cores = config.option, len(os.sched_getaffinity(0))
    narrowed = chosen.keyword or chosen.markexpr or chosen.lf or chosen.stepwise
    if narrowed or os.environ.get("REDIS_URL") or cores == 1 or len(files(config)) <= FEW:
        return 0
    return min(cores, MOST)


def files(config: pytest.Config) -> set[Path]:
    """The files of tests that the arguments name."""
    named = [config.invocation_params.dir / argument.partition("::")[0] for argument in config.args]
    return {file for path in named for file in (path.rglob("test_*.py") if path.is_dir() else [path])}
