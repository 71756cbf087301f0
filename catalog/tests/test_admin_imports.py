"""The pages on which staff start imports and follow them."""

from __future__ import annotations

import csv
import io
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import User
from catalog.models import Import, Product
from catalog.tests.importing import HEADER, work

pytestmark = pytest.mark.django_db
LIST, ADD = "/admin/catalog/import/", "/admin/catalog/import/add/"


@pytest.fixture
def page(staff: User) -> Client:
    client = Client()
    client.force_login(staff, backend="accounts.backends.CognitoBackend")
    return client


def upload(page: Client, content: str | bytes, **facts: Any) -> Any:
    raw = content.encode() if isinstance(content, str) else content
    return page.post(ADD, {"file": SimpleUploadedFile("<b>.csv", raw), "mapping": "", **facts})


def started(page: Client, content: str | bytes, **facts: Any) -> str:
    """The address of the import's page."""
    answer = upload(page, content, **facts)
    assert answer.status_code == 302, answer.content
    return urlsplit(str(answer["Location"])).path


def test_a_file_is_taken_over_by_a_worker_and_its_page_tells_how_far(page: Client, staff: User) -> None:
    address = started(page, f"{HEADER}\nA,A,1\nB,B,-1\n")
    assert Import.objects.get().by == staff.email
    waiting = page.get(address).content.decode()
    assert "waiting for a worker" in waiting
    assert "data-running" in waiting
    work()
    done = page.get(address).content.decode()
    assert "2 of 2" in done
    assert "data-running" not in done
    assert "min_value" in done
    assert Product.objects.get().code == "A"
    listed = page.get(LIST).content.decode()
    assert "1 · 0 · 0 · 1" in listed
    assert "&lt;b&gt;.csv" in listed
    assert "<b>.csv" not in listed


def test_only_checking_and_a_mapping_are_chosen_in_the_form(page: Client) -> None:
    mapping = '{"code": "Nr", "name": "Title", "price": "Cost"}'
    address = started(page, "Nr,Title,Cost\nA,A,1\n", dry_run="on", mapping=mapping)
    work()
    assert not Product.objects.exists()
    body = page.get(address).content.decode()
    assert "nothing was changed" in body
    assert "code ← Nr" in body


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"mapping": "{"}, "It is not JSON"),
        ({"mapping": '{"colour": "x"}'}, "no column of ours"),
        ({"file": ""}, "This field is required"),
    ],
)
def test_a_form_that_is_wrong_comes_back_with_what_is_wrong(page: Client, facts: dict[str, Any], said: str) -> None:
    answer = upload(page, SMALL, **facts)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Import.objects.exists()


SMALL = f"{HEADER}\nA,A,1\n"


def test_a_second_file_is_refused_while_one_runs(page: Client) -> None:
    address = started(page, SMALL)
    assert address in page.get(ADD).content.decode()
    answer = upload(page, SMALL)
    assert (answer.status_code, "An import is running" in answer.content.decode()) == (200, True)
    assert Import.objects.count() == 1


def test_a_file_store_that_is_away_is_told_in_the_form(page: Client, settings: Settings) -> None:
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
    answer = upload(page, SMALL)
    assert (answer.status_code, "file store cannot be reached" in answer.content.decode()) == (200, True)


def test_a_file_that_cannot_be_read_says_why_on_its_page(page: Client) -> None:
    address = started(page, b"\x89PNG\r\n\x1a\n\x00\x00")
    work()
    assert "binary file" in page.get(address).content.decode()


def test_the_report_of_rejected_rows_has_all_of_them_and_no_formula(page: Client) -> None:
    rows = "".join(f'"=1{n}",A,-1\n' for n in range(250)) + "=10,A,1\n"
    address = started(page, f"{HEADER}\n{rows}")
    work()
    assert "first 200" in page.get(address).content.decode()
    answer = page.get(f"{LIST}{Import.objects.get().id}/rejected/")
    assert answer["Content-Disposition"].startswith("attachment")
    report = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))  # type: ignore[attr-defined]
    assert len(report) == 251
    assert (report[0]["row"], report[0]["column"], report[0]["code"]) == ("2", "price", "min_value")
    assert (report[-1]["row"], report[-1]["code"]) == ("252", "duplicate_row")
    assert not any(cell.startswith("=") for row in report for cell in row.values())


def test_an_import_is_given_up_and_the_next_one_may_start(page: Client, staff: User) -> None:
    address = started(page, SMALL)
    answer = page.post(f"{LIST}{Import.objects.get().id}/give-up/", {"_form_submitted": "True"})
    assert answer.status_code == 200
    assert Import.objects.get().status == "failed"
    assert f"Given up by {staff.email}" in page.get(address).content.decode()
    work()
    assert not Product.objects.exists()
    started(page, SMALL)


def test_the_list_leads_to_the_export(page: Client) -> None:
    started(page, SMALL)
    work()
    assert f"{LIST}export_products/" in page.get(LIST).content.decode()
    answer = page.get(f"{LIST}export_products/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert b"A,A,A,1.00" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "path", ["01a20ae2-ffe5-705c-aef1-d4ba14e6b7fa/change/", "x/change/", "x/rejected/", "x/give-up/"]
)
def test_an_import_that_is_not_there_is_no_fault(page: Client, path: str) -> None:
    assert page.get(f"{LIST}{path}").status_code in (302, 403, 404)


def test_nothing_of_it_is_for_customers(customer: User) -> None:
    client = Client()
    client.force_login(customer, backend="accounts.backends.CognitoBackend")
    assert [client.get(path).status_code for path in (LIST, ADD)] == [302, 302]
    assert upload(client, SMALL).status_code == 302
    assert not Import.objects.exists()
