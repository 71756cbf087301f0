"""The bucket under the keys that a process is given for a while, as a role's are."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage import bucket


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Beside the keys in the environment, and read anew by the bucket's client."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of-a-role")
    bucket._bucket_at.cache_clear()
    yield "of-a-role"
    bucket._bucket_at.cache_clear()


def test_a_role_s_keys_store_read_and_sign(token: str) -> None:
    bucket.store("own-data/token", b"kept", content_type="text/plain")
    assert bucket.read("own-data/token") == b"kept"
    assert f"X-Amz-Security-Token={token}" in bucket.signed_url("own-data/token")[0]
    bucket.delete(["own-data/token"])
