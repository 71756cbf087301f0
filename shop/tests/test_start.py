"""Starting under the settings of production: what must be set is named, and what is set is safe."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
from django.conf import settings

from api.tests.served import served
from shop.settings import env

REQUIRED = [variable.name for variable in env.variables if variable.default == "required"]
PRODUCTION = {
    "SECRET_KEY": "4eGq0P9tJmXnU7cVw2LrYb8ZsKdHfAoN1iT6xQyRuCjEvMzBpWk5",
    "DATABASE_URL": "postgresql://shop:password@db.internal/shop",
    "SNS_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:shop",
    "EVENT_BUS_NAME": "shop",
    "QUEUE_URL_PREFIX": "https://sqs.eu-central-1.amazonaws.com/123456789012/shop-",
    "S3_BUCKET": "shop",
    "COGNITO_POOL_ID": "eu-central-1_shop",
    "COGNITO_CLIENT_ID": "client",
    "TRIGGER_SECRET": "XbW4kq2vTz8RjL0yNfUe7MhCsAoPdGi9",
    "ALLOWED_HOSTS": "api.shop.example",
    "PUBLIC_URL": "https://api.shop.example",
    "TRUSTED_PROXIES": "1",
}


def manage(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command,
        env={"PATH": os.environ["PATH"]} | environment,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", REQUIRED)
def test_the_shop_does_not_start_without_a_required_setting_and_names_it_in_one_line(name: str) -> None:
    started = manage("check", environment={key: value for key, value in PRODUCTION.items() if key != name})

    assert started.returncode == 1
    assert started.stderr.startswith(f"The shop cannot start: {name} is not set: ")
    assert started.stderr.count("\n") == 1


def test_a_secret_that_is_too_short_is_named_and_not_repeated() -> None:
    started = manage("check", environment=PRODUCTION | {"SECRET_KEY": "hunter2"})

    assert started.returncode == 1
    assert started.stderr.startswith("The shop cannot start: SECRET_KEY must have at least 50 characters")
    assert "hunter2" not in started.stderr


@pytest.mark.parametrize(
    ("given", "because"),
    [
        ({"STAFF_COGNITO_POOL_ID": "eu-central-1_staff"}, "STAFF_COGNITO_CLIENT_ID is not set"),
        (
            {"STAFF_COGNITO_POOL_ID": PRODUCTION["COGNITO_POOL_ID"], "STAFF_COGNITO_CLIENT_ID": "client"},
            "STAFF_COGNITO_POOL_ID must name another pool",
        ),
        ({"SERVICE_CLIENTS": f"shop={PRODUCTION['COGNITO_CLIENT_ID']}"}, "SERVICE_CLIENTS names a client"),
    ],
)
def test_pools_and_clients_that_do_not_go_together_are_named(given: dict[str, str], because: str) -> None:
    started = manage("check", environment=PRODUCTION | given)

    assert started.returncode == 1
    assert started.stderr.startswith(f"The shop cannot start: {because}")


def test_django_has_nothing_to_say_against_the_settings_of_production() -> None:
    checked = manage("check", "--deploy", "--fail-level", "WARNING", environment=PRODUCTION)

    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize(("proxies", "status"), [("0", 301), ("1", 200)])
def test_a_client_is_believed_to_come_by_https_only_where_a_proxy_of_ours_says_so(proxies: str, status: int) -> None:
    with served(SECURE_COOKIES="true", TRUSTED_PROXIES=proxies) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/", headers={"X-Forwarded-Proto": "https"})
        answer = connection.getresponse()
        answer.read()
        connection.close()

    assert answer.status == status
    assert answer.getheader("Strict-Transport-Security") == (
        "max-age=31536000; includeSubDomains; preload" if status == 200 else None
    )


def test_the_server_and_the_shop_write_one_log_of_json(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log"
    with (
        log.open("wb") as output,
        served(output, LOG_FORMAT="json", PYTHONWARNINGS="ignore") as port,
        closing(HTTPConnection("127.0.0.1", port, timeout=30)) as connection,
    ):
        connection.request("GET", "/nothing-here", headers={"X-Request-ID": "told-by-the-client"})
        assert connection.getresponse().status == 404

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert {(line["logger"], line["process"]) for line in lines} >= {
        ("gunicorn.error", "web"),
        ("django.request", "web"),
    }
    (refused,) = [line for line in lines if line["logger"] == "django.request"]
    assert refused["request_id"] == "told-by-the-client"
    assert capfd.readouterr().out == ""  # nobody asked for an access log
    starts = [line["message"] for line in lines if line["message"].startswith("Starting gunicorn")]
    assert len(starts) == 1
