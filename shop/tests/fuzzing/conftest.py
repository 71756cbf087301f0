from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fuzz-examples", type=int, help="Tries all that schemathesis can, with so many of each call.")
    parser.addoption("--fuzz-seed", type=int, default=1, help="Where its random numbers begin.")
