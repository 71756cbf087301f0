from __future__ import annotations

import pytest

from events.log import head


@pytest.mark.django_db
def test_an_empty_log_begins_at_zero() -> None:
    assert head() == 0
