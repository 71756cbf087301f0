"""What an import makes of each row: products and variants, made, changed, left alone or refused."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from accounts.models import User
from catalog.categories.services import create_category
from catalog.models import Category, CategoryAttribute, Change, Product, StockMovement, Variant
from catalog.products.services import VariantFacts, create_product
from catalog.tests.importing import HEADER, counts, product, reasons, send, taken_over, work
from events.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client_of: Callable[[User], APIClient], staff: User) -> APIClient:
    return client_of(staff)


@pytest.fixture
def mug() -> Product:
    return create_product(
        code="mug",
        name="Mug",
        description="Of stone.",
        tax_rate=Decimal(19),
        variants=[VariantFacts(sku="MUG", price=Decimal("12.90"), stock=7)],
        by="test",
    )


@pytest.fixture
def bowl() -> Product:
    return create_product(
        code="BOWL",
        name="Bowl",
        attributes={"material": "clay"},
        variants=[
            VariantFacts(sku="BOWL-S", price=Decimal("9.50"), stock=3, attributes={"size": "S"}),
            VariantFacts(sku="BOWL-L", price=Decimal("14.00"), stock=1, attributes={"size": "L"}),
        ],
        by="test",
    )


def traces() -> tuple[int, int, int]:
    return Event.objects.exclude(type="ImportRequested").count(), Change.objects.count(), StockMovement.objects.count()


def skus(body: dict[str, Any]) -> dict[str, tuple[str, int, dict[str, Any]]]:
    return {one["sku"]: (one["price"], one["stock"], one["attributes"]) for one in body["variants"]}


def test_code_name_and_price_suffice(client: APIClient, staff: User) -> None:
    assert counts(taken_over(client, f"{HEADER}\nCUP,Cup,3.5\n")) == ("done", 1, 0, 0, 0)
    made = product(client, "CUP")
    assert (made["name"], made["price"], made["currency"], made["status"]) == ("Cup", "3.50", "EUR", "active")
    assert skus(made) == {"CUP": ("3.50", 0, {})}
    assert (made["slug"], made["tax_rate"], made["category"]) == ("cup", "0.00", None)


def test_a_product_made_by_a_file_leaves_what_one_made_by_a_call_leaves(client: APIClient, staff: User) -> None:
    taken_over(client, f"{HEADER},stock\nCUP,Cup,3.50,4\n")
    event = Event.objects.get(type="ProductCreated")
    made = client.get(f"/products/{event.data['product_id']}").json()
    assert event.data["product"] == made
    change = Change.objects.get()
    assert (change.action, change.by, str(change.subject_id)) == ("created", staff.email, made["id"])
    movement = StockMovement.objects.get()
    assert (movement.delta, movement.balance, movement.reason, movement.by) == (4, 4, "received", staff.email)
    assert client.get("/products?search=cup").json()["results"] == [made]


def test_it_takes_over_all_columns(client: APIClient) -> None:
    create_category(name="Kitchen")
    head = "code,sku,name,price,currency,stock,tax_rate,category,description,status,attr.colour"
    taken_over(client, f"{head}\nCUP,CUP-1,Cup,1290,JPY,5,10.5,kitchen,For tea.,draft,blue\n")
    made = product(client, "CUP")
    assert skus(made) == {"CUP-1": ("1290", 5, {})}
    assert (made["currency"], made["tax_rate"], made["description"], made["status"]) == (
        "JPY",
        "10.50",
        "For tea.",
        "draft",
    )
    assert (made["category"]["slug"], made["attributes"]) == ("kitchen", {"colour": "blue"})


def test_a_category_is_named_by_its_id_too(client: APIClient) -> None:
    kitchen = create_category(name="Kitchen")
    taken_over(client, f"{HEADER},category\nCUP,Cup,1,{kitchen.id}\nMUG,Mug,1,Garden\n")
    assert product(client, "CUP")["category"]["slug"] == "kitchen"
    body = taken_over(client, f"{HEADER},category\nMUG,Mug,1,garden\n")
    assert reasons(body) == [(2, "category", "category_not_found")]


def test_it_changes_what_differs_and_tells_it_once(client: APIClient, mug: Product) -> None:
    before = traces()
    body = taken_over(client, f"{HEADER},description\nMUG,Big mug,13.90,Of stone.\n")
    assert counts(body) == ("done", 0, 1, 0, 0)
    made = product(client, "mug")
    assert (made["name"], made["price"], made["code"], made["tax_rate"]) == ("Big mug", "13.90", "mug", "19.00")
    assert skus(made)["MUG"][1] == 7
    assert traces() == (before[0] + 1, before[1] + 1, before[2])
    event = Event.objects.get(type="ProductUpdated")
    assert (set(event.data["changed"]), event.data["product"]) == ({"name", "price", "variants"}, made)
    assert Product.objects.get().version == 2


@pytest.mark.parametrize("row", ["mug,Mug,12.90", "MUG,Mug,12.9", "mug, Mug ,012.900"])
def test_a_row_that_says_what_is_so_leaves_no_trace(client: APIClient, mug: Product, row: str) -> None:
    before = traces()
    assert counts(taken_over(client, f"{HEADER}\n{row}\n")) == ("done", 0, 0, 1, 0)
    assert traces() == before
    assert Product.objects.get().version == 1


def test_stock_is_set_through_the_ledger(client: APIClient, mug: Product, staff: User) -> None:
    body = taken_over(client, f"{HEADER},stock\nmug,Mug,12.90,3\n")
    assert counts(body) == ("done", 0, 1, 0, 0)
    assert skus(product(client, "mug"))["MUG"][1] == 3
    movement = StockMovement.objects.order_by("-id")[0]
    assert (movement.delta, movement.balance, movement.reason) == (-4, 3, "correction")
    assert (movement.note, movement.by) == ("import", staff.email)
    event = Event.objects.get(type="StockChanged")
    assert (event.data["delta"], event.data["balance"], event.data["reason"]) == (-4, 3, "import")
    assert not Event.objects.filter(type="ProductUpdated").exists()
    assert counts(taken_over(client, f"{HEADER},stock\nmug,Mug,12.90,\n")) == ("done", 0, 0, 1, 0)
    assert skus(product(client, "mug"))["MUG"][1] == 3


def test_a_product_that_sold_out_by_a_file_is_no_longer_in_stock(client: APIClient, mug: Product) -> None:
    taken_over(client, f"{HEADER},stock\nmug,Mug,12.90,0\n")
    assert client.get("/products?in_stock=true").json()["results"] == []


def test_an_empty_cell_empties_what_may_be_empty_and_leaves_the_rest(client: APIClient, mug: Product) -> None:
    Product.objects.update(category=create_category(name="Kitchen"))
    head = f"{HEADER},currency,tax_rate,status,stock,category,description"
    assert counts(taken_over(client, f"{head}\nmug,Mug,12.90,,,,,,\n")) == ("done", 0, 1, 0, 0)
    made = product(client, "mug")
    assert (made["category"], made["description"]) == (None, "")
    assert (made["currency"], made["tax_rate"], made["status"], skus(made)["MUG"][1]) == ("EUR", "19.00", "active", 7)


def test_rows_of_one_code_are_variants_of_one_product(client: APIClient) -> None:
    head = "code,sku,name,price,stock,description,attr.colour,attr.size"
    body = taken_over(client, f"{head}\nTEE,tee-s,Tee,9.00,1,Cotton.,red,S\nTEE,tee-l,,9.50,2,,red,L\n")
    assert counts(body) == ("done", 2, 0, 0, 0)
    made = product(client, "TEE")
    assert (made["name"], made["description"], made["attributes"]) == ("Tee", "Cotton.", {"colour": "red"})
    assert skus(made) == {"TEE-S": ("9.00", 1, {"size": "S"}), "TEE-L": ("9.50", 2, {"size": "L"})}


def test_a_row_adds_a_variant_to_a_product_that_is_there(client: APIClient, bowl: Product) -> None:
    body = taken_over(client, "code,sku,name,price,attr.size\nbowl,bowl-xl,Bowl,20,XL\n")
    assert counts(body) == ("done", 1, 0, 0, 0)
    made = product(client, "BOWL")
    assert skus(made)["BOWL-XL"] == ("20.00", 0, {"size": "XL"})
    assert made["attributes"] == {"material": "clay"}
    assert Event.objects.get(type="ProductUpdated").data["product"] == made


def test_an_attribute_that_one_row_changes_stays_with_the_other_variants(client: APIClient, bowl: Product) -> None:
    taken_over(client, "code,sku,name,price,attr.material\nBOWL,BOWL-S,Bowl,9.50,glass\n")
    made = product(client, "BOWL")
    assert made["attributes"] == {}
    assert skus(made)["BOWL-S"][2] == {"size": "S", "material": "glass"}
    assert skus(made)["BOWL-L"][2] == {"size": "L", "material": "clay"}


def test_an_empty_attribute_is_none(client: APIClient, bowl: Product) -> None:
    taken_over(client, "code,sku,name,price,attr.size\nBOWL,BOWL-S,Bowl,9.50,\nBOWL,BOWL-L,Bowl,14,L\n")
    assert {sku: facts[2] for sku, facts in skus(product(client, "BOWL")).items()} == {
        "BOWL-S": {},
        "BOWL-L": {"size": "L"},
    }


def test_attributes_are_typed_as_their_category_defines_them(client: APIClient) -> None:
    kitchen = create_category(name="Kitchen")
    for name, type in (("volume", "number"), ("dishwasher", "boolean"), ("colour", "choice")):
        CategoryAttribute.objects.create(category=kitchen, name=name, type=type, choices=["red", "blue"])
    head = f"{HEADER},category,attr.volume,attr.dishwasher,attr.colour,attr.note"
    body = taken_over(
        client, f"{head}\nA,A,1,kitchen,0.3,TRUE,red,7\nB,B,1,kitchen,much,maybe,green,\nC,C,1,,much,maybe,green,\n"
    )
    assert reasons(body) == [
        (3, "attr.volume", "wrong_type"),
        (3, "attr.dishwasher", "wrong_type"),
        (3, "attr.colour", "invalid_choice"),
    ]
    assert product(client, "A")["attributes"] == {"volume": 0.3, "dishwasher": True, "colour": "red", "note": "7"}
    assert product(client, "C")["attributes"] == {"volume": "much", "dishwasher": "maybe", "colour": "green"}


def test_an_attribute_without_definition_keeps_its_type_where_the_text_is_the_same(client: APIClient) -> None:
    variants = [VariantFacts(sku="A", price=Decimal(1))]
    create_product(code="A", name="A", attributes={"pages": 300, "new": True}, variants=variants, by="test")
    body = taken_over(client, f"{HEADER},attr.pages,attr.new\nA,A,1,300,true\n")
    assert counts(body) == ("done", 0, 0, 1, 0)


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("price", "-1", "min_value"),
        ("price", "NaN", "invalid"),
        ("price", "1e400", "invalid"),
        ("price", "Infinity", "invalid"),
        ("price", "1.23456", "max_decimal_places"),
        ("price", "1.234", "too_many_digits"),
        ("price", "12,90", "invalid"),
        ("price", "€ 12", "invalid"),
        ("price", "", "blank"),
        ("name", "", "blank"),
        ("name", " ", "blank"),
        ("name", "x" * 201, "max_length"),
        ("name", "two\nlines", "control_character"),
        ("code", "", "blank"),
        ("code", "x" * 65, "max_length"),
        ("code", "кружка", "invalid_code"),
        ("sku", "x" * 300, "max_length"),
        ("sku", "😀", "invalid_code"),
        ("sku", "a\tb", "control_character"),
        ("currency", "XXX", "invalid_currency"),
        ("currency", "eur", "invalid_currency"),
        ("stock", "-1", "min_value"),
        ("stock", "1.5", "invalid"),
        ("stock", "many", "invalid"),
        ("stock", "1" * 30, "invalid"),
        ("stock", "1000000001", "max_value"),
        ("tax_rate", "101", "max_value"),
        ("tax_rate", "-1", "min_value"),
        ("tax_rate", "x", "invalid"),
        ("category", "nowhere", "category_not_found"),
        ("category", "x" * 141, "max_length"),
        ("description", "x" * 20_001, "max_length"),
        ("description", "a\x07bell", "control_character"),
        ("status", "sold", "invalid_choice"),
        ("attr.colour", "x" * 501, "invalid"),
        ("attr." + "x" * 61, "red", "invalid_name"),
    ],
)
def test_a_bad_cell_is_refused_as_the_api_refuses_it_and_the_next_row_is_taken(
    client: APIClient, column: str, cell: str, code: str
) -> None:
    facts = {"code": "BAD", "name": "Bad", "price": "1.00"} | {column: cell}
    good = dict.fromkeys(facts, "") | {"code": "GOOD", "name": "Good", "price": "1.00"}
    quoted = ['"' + '","'.join(row) + '"' for row in (facts, facts.values(), good.values())]
    body = taken_over(client, "\n".join(quoted))
    assert reasons(body) == [(2, column[:80], code)]
    assert body["rejected"][0]["message"]
    assert counts(body) == ("done", 1, 0, 0, 1)
    assert product(client, "GOOD")["price"] == "1.00"
    assert Product.objects.count() == 1


def test_everything_wrong_with_a_row_is_told(client: APIClient) -> None:
    body = taken_over(client, f"{HEADER},stock,status\nA,,-1,x,sold\n")
    assert reasons(body) == [
        (2, "name", "blank"),
        (2, "price", "min_value"),
        (2, "stock", "invalid"),
        (2, "status", "invalid_choice"),
    ]
    assert counts(body) == ("done", 0, 0, 0, 1)


def test_a_sku_of_another_product_is_refused(client: APIClient, mug: Product) -> None:
    body = taken_over(client, "code,sku,name,price\nCUP,mug,Cup,1\n")
    assert reasons(body) == [(2, "sku", "sku_taken")]
    assert reasons(taken_over(client, f"{HEADER}\nMUG-2,Mug,1\n")) == []
    assert skus(product(client, "mug")) == {"MUG": ("12.90", 7, {})}


def test_a_code_whose_product_has_other_skus_needs_one(client: APIClient, bowl: Product) -> None:
    body = taken_over(client, f"{HEADER}\nBOWL,Bowl,9.50\n")
    assert reasons(body) == [(2, "code", "sku_required")]
    assert len(skus(product(client, "BOWL"))) == 2


def test_a_currency_that_another_variants_price_does_not_fit_is_refused(client: APIClient, bowl: Product) -> None:
    body = taken_over(client, "code,sku,name,price,currency\nBOWL,BOWL-L,Bowl,14,JPY\n")
    assert reasons(body) == [(2, "currency", "too_many_digits")]


def test_rows_that_repeat_a_sku_are_refused_and_name_the_first(client: APIClient) -> None:
    rows = "A,a,A,1\nA,A,A,2\nB,a,B,3\n,,,\nB,b,B,4\n"
    body = taken_over(client, f"code,sku,name,price\n{rows}")
    assert reasons(body) == [(3, "sku", "duplicate_row"), (4, "sku", "duplicate_row")]
    assert "line 2" in body["rejected"][0]["message"]
    assert (product(client, "A")["price"], product(client, "B")["price"]) == ("1.00", "4.00")


def test_a_wholesalers_list_of_sales_becomes_products_by_a_mapping(client: APIClient) -> None:
    """As `docs/imports.md` describes it: a line per sale, with a byte-order mark, semicolons and decimal commas."""
    lines = [
        "\ufeffInvoiceNo;StockCode;Description;Quantity;UnitPrice;Country",
        "536365;85123A;WHITE HANGING HEART;6;2,55;United Kingdom",
        "536366;22139;;56;0;United Kingdom",
        "536367;85123a;HANGING HEART;1;2,95;France",
        "C53637;22139;TEA SET;-1;4,25;France",
    ]
    mapping = '{"code": "StockCode", "name": "Description", "price": "UnitPrice"}'
    body = taken_over(client, "\n".join(lines), mapping=mapping)
    assert reasons(body) == [(3, "name", "blank"), (4, "code", "duplicate_row")]
    heart, tea = product(client, "85123A"), product(client, "22139")
    assert (heart["name"], heart["price"], tea["name"], tea["price"]) == (
        "WHITE HANGING HEART",
        "2.55",
        "TEA SET",
        "4.25",
    )
    assert counts(taken_over(client, "\n".join(lines), mapping=mapping)) == ("done", 0, 0, 2, 2)


def test_a_row_without_a_name_or_a_price_is_none_that_a_later_one_repeats(client: APIClient) -> None:
    body = taken_over(client, f"{HEADER}\nA,,1\nA,A,\nA,A,3\nA,B,4\n")
    assert reasons(body) == [(2, "name", "blank"), (3, "price", "blank"), (5, "code", "duplicate_row")]
    assert (product(client, "A")["name"], product(client, "A")["price"]) == ("A", "3.00")


def test_ten_thousand_repeated_rows_make_one_product_and_a_bounded_answer(client: APIClient) -> None:
    body = taken_over(client, f"{HEADER}\n" + "A,A,1\n" * 10_000)
    assert counts(body) == ("done", 1, 0, 0, 9_999)
    assert len(body["rejected"]) == 1000
    assert reasons(body)[-1] == (1002, "code", "duplicate_row")


def test_rows_of_one_product_that_disagree_are_refused(client: APIClient) -> None:
    head = "code,sku,name,price,tax_rate"
    body = taken_over(client, f"{head}\nA,A-1,A,1,19\nA,A-2,Another,2,7\nA,A-3,A,3,19\n")
    assert reasons(body) == [(3, "name", "conflicting_row"), (3, "tax_rate", "conflicting_row")]
    assert sorted(skus(product(client, "A"))) == ["A-1", "A-3"]


def test_a_product_takes_a_hundred_variants_and_no_more(client: APIClient) -> None:
    rows = "".join(f"A,A-{number},A,1\n" for number in range(102))
    body = taken_over(client, f"code,sku,name,price\n{rows}")
    assert reasons(body) == [(102, "sku", "too_many"), (103, "sku", "too_many")]


def test_a_product_that_no_event_could_carry_is_refused(client: APIClient) -> None:
    huge = "😀" * 19_000
    body = taken_over(client, f"{HEADER},description\nA,A,1,{huge}\nB,B,1,small\n")
    assert reasons(body) == [(2, "", "too_large")]
    assert counts(body) == ("done", 1, 0, 0, 1)


def test_a_product_whose_texts_are_too_long_to_be_searched_is_refused_alone(client: APIClient) -> None:
    words = (f"word{number}" for number in range(100_000))
    names = [f"attr.a{number}" for number in range(50)]
    rows = [["A", f"A-{row}", "A", "1", *(" ".join(islice(words, 50)) for _ in names)] for row in range(32)]
    rows.append(["B", "B", "B", "1", *("" for _ in names)])
    table = [["code", "sku", "name", "price", *names], *rows]
    body = taken_over(client, "".join(f"{','.join(row)}\n" for row in table))
    assert {reason[2] for reason in reasons(body)} == {"too_large"}
    assert counts(body) == ("done", 1, 0, 0, 32)


def test_products_of_one_name_get_different_slugs(client: APIClient) -> None:
    taken_over(client, f"{HEADER}\nA,Mug,1\nB,Mug,1\n!,Mug,1\n?,Mug,1\n")
    slugs = set(Product.objects.values_list("slug", flat=True))
    assert len(slugs) == 4
    assert {"mug", "mug-b"} <= slugs


def test_a_script_tag_comes_back_as_text(client: APIClient) -> None:
    taken_over(client, f"{HEADER},description\nA,<script>alert(1)</script>,1,<b>\n")
    assert (product(client, "A")["name"], product(client, "A")["description"]) == ("<script>alert(1)</script>", "<b>")


def test_a_dry_run_checks_everything_and_changes_nothing(client: APIClient, mug: Product) -> None:
    before, rows = traces(), "mug,Big mug,12.90,3\nCUP,Cup,3,1\nBAD,Bad,-1,1\nmug,Mug,1,1\n"
    dry = taken_over(client, f"{HEADER},stock\n{rows}", dry_run="true")
    assert dry["dry_run"] is True
    assert traces() == before
    assert (product(client, "mug")["name"], Product.objects.count()) == ("Mug", 1)
    real = taken_over(client, f"{HEADER},stock\n{rows}")
    assert counts(dry) == counts(real) == ("done", 1, 1, 0, 2)
    assert reasons(dry) == reasons(real)
    assert Variant.objects.get(sku="MUG").stock == 3


def test_a_batch_asks_the_database_as_often_for_many_rows_as_for_few(client: APIClient) -> None:
    create_category(name="Kitchen")

    def queries(count: int, price: int) -> int:
        rows = "".join(f"{count}-{n},Mug {n},{price},{n % 9 + price},kitchen,red\n" for n in range(count))
        send(client, f"{HEADER},stock,category,attr.colour\n{rows}")
        with CaptureQueriesContext(connection) as asked:
            work()
        return len(asked)

    assert queries(5, 1) == queries(150, 1)
    assert queries(5, 2) == queries(150, 2)
    assert queries(5, 2) == queries(150, 2)
    assert Category.objects.count() == 1
