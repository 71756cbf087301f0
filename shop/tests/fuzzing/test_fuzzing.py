"""Requests made up from the OpenAPI document, as it asks for them and as it does not, to the server of production.

schemathesis makes them, and checks every answer: no fault of ours, no status, content type, header or body that the
document does not tell of, no refusal of what it allows, no success of what it forbids, nothing that is there after it
was deleted, or not there after it was made, no sign-in that is asked for and does not matter.

By itself, each caller has a few requests, the same each time. To look for more, with all that schemathesis can:

    bin/test pytest shop/tests/fuzzing -s --fuzz-examples 100 --fuzz-seed 2
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.request import urlopen

import pytest
from django.conf import settings
from django.db import connection

from api.tests.served import served
from shop.tests.callers import token_of
from shop.tests.fuzzing.values import written
from shop.tests.stocked import stocked

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
PATIENCE = 120.0
"""Seconds until the server gives up its document: it is made when it is first asked for."""
FEW = ["--phases", "examples,fuzzing,stateful", "--max-examples", "2", "--generation-deterministic"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("caller", ["nobody", "owner", "staff"])
def test_what_the_document_says_is_what_happens(
    caller: str, mint: Callable[..., str], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    shop = stocked()
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION.read_text() + written(shop))
    token = token_of(caller, shop.people, mint)
    examples = request.config.getoption("--fuzz-examples", default=None)
    seed = request.config.getoption("--fuzz-seed", default=1)
    options = ["--max-examples", str(examples), "--seed", str(seed)] if examples else FEW
    with served(DATABASE_URL=database(), COGNITO_JWKS_URL=settings.COGNITO_JWKS_URL, THROTTLE="false") as port:
        with urlopen(f"http://127.0.0.1:{port}/schema", timeout=PATIENCE) as answer:
            (tmp_path / "openapi.json").write_bytes(answer.read())
        command = ["run", "openapi.json", "--url", f"http://127.0.0.1:{port}", "--no-color", *options]
        signed_in = ["--header", f"Authorization: Bearer {token}"] if token else []
        run = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", *command, *signed_in],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(settings.BASE_DIR)},
            capture_output=True,
            text=True,
            check=False,
        )
    print(run.stdout)  # noqa: T201  (the summary, for who asked with -s)
    assert run.returncode == 0, run.stdout + run.stderr


def database() -> str:
    """The tests' own."""
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{connection.settings_dict['NAME']}"
