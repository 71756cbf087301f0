"""`deploy/up` and `deploy/down` as they are called: whatever is wrong is one line and a status, and no traceback."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from deploy.shop_settings import ROOT

SOUND = '[deploy]\nregion = "eu-central-1"\ndomain = "shop.example.com"\nzone_id = "Z0123456789ABCDEFGHIJ"\n'
SENDER = 'mail_from = "shop@example.com"\n'
KEYS = {"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "local"}


@pytest.fixture
def chosen(tmp_path: Path) -> Path:
    file = tmp_path / "shop.toml"
    file.write_text(SOUND + SENDER)
    return file


def call(door: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    alone = {
        "PATH": os.environ["PATH"],
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
    }
    command = [str(ROOT / "deploy" / door), *words]
    return subprocess.run(
        command, env=alone | environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    """What it said last, which must be a line by itself."""
    assert done.stderr.startswith("\n")
    assert done.stderr.strip().count("\n") == 0
    return done.stderr.strip()


@pytest.mark.parametrize("door", ["up", "down"])
def test_without_credentials_it_says_how_to_get_some(door: str, chosen: Path) -> None:
    done = call(door, "--settings", str(chosen))

    assert done.returncode == 1
    assert one_line(done).startswith("There are no AWS credentials")


def test_a_profile_that_is_not_there_is_named(chosen: Path) -> None:
    done = call("up", "--settings", str(chosen), AWS_PROFILE="nobodys")

    assert (done.returncode, "nobodys" in one_line(done)) == (1, True)


def test_settings_at_fault_are_status_2(chosen: Path) -> None:
    for words, said in (
        (["--settings", "/nowhere.toml"], "There is no file /nowhere.toml"),
        (["--settings", str(chosen), "-c", "zones"], "zones is no choice: it must look like variant=lean"),
        (["--settings", str(chosen), "-c", "image=ghcr.io/owner/shop"], "image must name a version"),
    ):
        done = call("up", *words, **KEYS)
        assert (done.returncode, one_line(done)[: len(said)]) == (2, said)


def test_without_a_region_it_asks_for_one(chosen: Path) -> None:
    chosen.write_text(chosen.read_text().replace('region = "eu-central-1"\n', ""))

    done = call("up", "--settings", str(chosen), **KEYS)

    assert (done.returncode, one_line(done)[:19]) == (1, "No region is named:")


def test_a_network_that_is_away_is_no_traceback(chosen: Path) -> None:
    done = call("up", "--settings", str(chosen), AWS_ENDPOINT_URL="http://127.0.0.1:9", **KEYS)

    assert done.returncode == 1
    assert one_line(done).startswith("127.0.0.1 cannot be reached")


class Refusing(BaseHTTPRequestHandler):
    """AWS, as it answers those whom it does not let in."""

    code = "ExpiredToken"

    def do_POST(self) -> None:
        said = f"<ErrorResponse><Error><Code>{self.code}</Code><Message>No.</Message></Error></ErrorResponse>".encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: Any) -> None:
        """Stays silent."""


@pytest.fixture
def refusing() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_credentials_that_have_expired_are_told_from_none(chosen: Path, refusing: str) -> None:
    done = call("down", "--settings", str(chosen), AWS_ENDPOINT_URL=refusing, **KEYS)

    assert done.returncode == 1
    assert one_line(done).startswith("The AWS credentials have expired (ExpiredToken)")


def test_help_asks_nobody_anything() -> None:
    done = call("down", "--help")

    assert (done.returncode, done.stdout.startswith("usage: deploy/down")) == (0, True)
