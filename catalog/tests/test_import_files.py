"""What files an import reads, and how it refuses those that it cannot."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Import, Product
from catalog.tests.importing import HEADER, counts, product, reasons, send, taken_over
from catalog.tests.pictures import png

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client_of: Callable[[User], APIClient], staff: User) -> APIClient:
    return client_of(staff)


SMALL = f"{HEADER}\nCUP,Zoë’s cup,3.50\n"


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (SMALL.encode(), "UTF-8"),
        (b"\xef\xbb\xbf" + SMALL.encode(), "UTF-8"),
        (SMALL.encode("utf-16"), "UTF-16"),
        (b"\xfe\xff" + SMALL.encode("utf-16-be"), "UTF-16"),
        (SMALL.encode("cp1252"), "Windows-1252 (Latin-1)"),
    ],
    ids=["utf-8", "utf-8 with a byte-order mark", "utf-16", "utf-16, big end first", "windows-1252"],
)
def test_it_reads_the_encodings_that_spreadsheets_write(client: APIClient, raw: bytes, encoding: str) -> None:
    body = taken_over(client, raw)
    assert (counts(body), body["encoding"]) == (("done", 1, 0, 0, 0), encoding)
    assert product(client, "CUP")["name"] == "Zoë’s cup"


@pytest.mark.parametrize(("separator", "name"), [(",", "comma"), (";", "semicolon"), ("\t", "tab")])
def test_it_finds_out_the_separator(client: APIClient, separator: str, name: str) -> None:
    body = taken_over(client, separator.join(("code", "name", "price")) + "\n" + separator.join(("A", "B", "1.00")))
    assert (counts(body), body["separator"]) == (("done", 1, 0, 0, 0), name)


def test_a_decimal_comma_is_read_where_no_comma_separates(client: APIClient) -> None:
    body = taken_over(client, 'code;name;price;tax_rate\nA;A;2,55;19,00\nB;B;2.55;19\nC;C;"1.234,50";19\n')
    assert reasons(body) == [(4, "price", "invalid")]
    assert [(product(client, code)["price"], product(client, code)["tax_rate"]) for code in "AB"] == [
        ("2.55", "19.00"),
        ("2.55", "19.00"),
    ]
    body = taken_over(client, f'{HEADER}\nA,A,"2,55"\n')
    assert reasons(body) == [(2, "price", "invalid")]


def test_lines_are_those_of_the_file_where_texts_have_several(client: APIClient) -> None:
    rows = 'A,A,1,"two\nlines"\n\nB,B,-1,"three\r\nmore\nlines"\n,,,\nC,C,-1,\n'
    body = taken_over(client, f"{HEADER},description\n{rows}")
    assert reasons(body) == [(5, "price", "min_value"), (9, "price", "min_value")]
    assert (body["rows"], body["created"]) == (3, 1)
    assert product(client, "A")["description"] == "two\nlines"


def test_a_row_of_another_width_is_rejected_and_the_others_are_taken(client: APIClient) -> None:
    body = taken_over(client, f"{HEADER}\nA,A\nB,B,1,surplus\nC,C,1\n")
    assert reasons(body) == [(2, "", "too_few_fields"), (3, "", "too_many_fields")]
    assert counts(body) == ("done", 1, 0, 0, 2)


def test_nameless_columns_that_a_spreadsheet_left_behind_are_nothing(client: APIClient) -> None:
    body = taken_over(client, f"{HEADER},,\nA,A,1,,\nB,B,1,,surplus\n")
    assert (counts(body), reasons(body)) == (("done", 1, 0, 0, 1), [(3, "", "too_many_fields")])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\n\n", "empty"),
        (b"code,price\nA,1\n", "no column name"),
        (b"title,cost\nA,1\n", "no column code, name, price"),
        (b"code,name,price,color\nA,A,1,red\n", "Unknown columns: color"),
        (b"code,name,price,attr.\nA,A,1,red\n", "Unknown columns: attr."),
        (b"code,name,price,Name\nA,A,1,B\n", "twice in the header: name"),
        (b'code,name,price\nA,A,1\nB,"B,1\nC,C,1\n', "begins in line 3"),
        (b'code,name,price\nA,"A"a,1\n', "begins in line 2"),
        (b"code,name,price\nA,\x00,1\n", "binary file"),
        (b"PK\x03\x04\x14\x00\x00\x00\x08\x00workbook.xlsx", "binary file"),
        (b"code,name,price\nA,\x81\x8d,1\n", "not UTF-8 or Windows-1252"),
        (b"\xff\xfea\x00b", "not UTF-16"),
        (b"code,name,price\n" + b"x" * 300_000, "Line 2 has more than"),
    ],
)
def test_a_file_that_cannot_be_read_fails_as_a_whole_and_says_why(client: APIClient, content: bytes, said: str) -> None:
    body = taken_over(client, content)
    assert body["status"] == "failed"
    assert said in body["error"]
    assert (body["done"], body["rejected"], Product.objects.count()) == (0, [], 0)


def test_a_picture_fails_as_a_whole(client: APIClient) -> None:
    assert "binary file" in taken_over(client, png())["error"]


def test_a_header_without_rows_is_done_at_once(client: APIClient) -> None:
    assert counts(taken_over(client, HEADER)) == ("done", 0, 0, 0, 0)


def test_columns_stand_in_any_order_and_case(client: APIClient) -> None:
    body = taken_over(client, " PRICE ,Code, Name,attr.Colour\n1,A,a,Red\n")
    assert counts(body) == ("done", 1, 0, 0, 0)
    assert product(client, "A")["attributes"] == {"Colour": "Red"}


def test_a_mapping_takes_the_columns_that_it_names_and_leaves_the_others(client: APIClient) -> None:
    mapping = '{"code": "Article", "name": "description", "price": "Gross", "attr.colour": "Col"}'
    body = taken_over(client, "Article,description,Gross,Col,Weight\nA,Mug,1,red,300\n", mapping=mapping)
    assert counts(body) == ("done", 1, 0, 0, 0)
    made = product(client, "A")
    assert (made["name"], made["description"], made["attributes"]) == ("Mug", "", {"colour": "red"})


def test_a_mapping_to_columns_that_the_file_lacks_fails_and_names_them(client: APIClient) -> None:
    body = taken_over(client, f"{HEADER}\nA,A,1\n", mapping='{"price": "Gross"}')
    assert (body["status"], "does not have: Gross" in body["error"]) == ("failed", True)


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ("{", "invalid_json"),
        ("[]", "invalid"),
        ('{"colour": "x"}', "unknown_column"),
        ('{"code": 1}', "invalid"),
        ('{"code": ""}', "invalid"),
        ('{"code": "a", "code": "b"}', "invalid_json"),
    ],
)
def test_a_mapping_that_is_none_is_refused(client: APIClient, mapping: str, code: str) -> None:
    answer = send(client, SMALL, mapping=mapping)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "mapping")
    assert answer.json()["errors"][0]["code"] == code
    assert not Import.objects.exists()
