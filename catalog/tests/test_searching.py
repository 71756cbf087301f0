"""What people type into the search field."""

from __future__ import annotations

from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from catalog.categories.services import create_category
from catalog.models import Product, SearchWord
from catalog.products.search import MAX_BEGINNINGS, tsquery
from catalog.products.services import update_product
from catalog.tests.shelves import codes, path_of, put

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> None:
    create_category(name="Tableware")
    create_category(name="Mugs", parent="tableware")
    put("MUG-7", name="Stoneware mug", category="mugs", description="Holds coffee, and keeps it warm.")
    put("POT-1", name="Coffee pot", category="tableware", attributes={"colour": "Anthracite"})
    put("CAF-2", name="Café table", description="Round, of oak; room for three mugs.")
    put("KNIFE", name="Bread knife")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("stoneware mug", ["MUG-7"]),
        ("MUG stone", ["MUG-7"]),  # in any order and case, by the beginning
        ("mug-7", ["MUG-7"]),  # the code
        ("knives", ["KNIFE"]),  # another form of the word
        ("cafe", ["CAF-2"]),  # without the accent
        ("tableware", ["MUG-7", "POT-1"]),  # the category, and the one above it
        ("anthracite", ["POT-1"]),  # an attribute
        ("cofee", ["MUG-7", "POT-1"]),  # misspelt
        ("stonewear", ["MUG-7"]),
        ("bread mug", []),  # each word counts
        ("xylophone", []),
        ("%", []),
        ("'; DROP TABLE", []),
        ("&|!():*<->", []),
        ("☕", []),
    ],
)
@pytest.mark.usefixtures("shop")
def test_it_finds_by_beginning_stem_accent_and_past_a_misspelling(
    guest: APIClient, typed: str, found: list[str]
) -> None:
    assert sorted(codes(guest.get("/products", {"search": typed}))) == sorted(found)


@pytest.mark.usefixtures("shop")
def test_the_best_come_first(guest: APIClient) -> None:
    # By name, then by what is said about it; an exact code before everything.
    assert codes(guest.get("/products?search=coffee")) == ["POT-1", "MUG-7"]
    assert codes(guest.get("/products?search=mug")) == ["MUG-7", "CAF-2"]
    put("COFFEE", name="Something else")
    assert codes(guest.get("/products?search=coffee"))[0] == "COFFEE"


@pytest.mark.usefixtures("shop")
def test_a_search_can_be_sorted_and_filtered_like_any_list(guest: APIClient) -> None:
    assert codes(guest.get("/products?search=coffee&ordering=name")) == ["POT-1", "MUG-7"]
    assert codes(guest.get("/products?search=coffee&ordering=-name")) == ["MUG-7", "POT-1"]
    assert codes(guest.get("/products?search=coffee&category=mugs")) == ["MUG-7"]
    assert codes(guest.get("/products?search=")) == codes(guest.get("/products"))


def test_pages_of_a_search_neither_skip_nor_repeat_where_all_rank_alike(guest: APIClient) -> None:
    for number in range(7):
        put(f"CUP-{number}", name="Cup")
    whole = codes(guest.get("/products?search=cup"))
    seen, path = [], "/products?search=cup&limit=3"
    while path:
        answer = guest.get(path)
        seen += codes(answer)
        last, path = answer.json(), path_of(answer.json()["next"])
    assert seen == whole
    assert len(set(seen)) == 7
    assert codes(guest.get(path_of(last["previous"]))) == whole[3:6]


@pytest.mark.usefixtures("shop")
def test_what_was_changed_is_found_by_what_it_says_now(guest: APIClient) -> None:
    knife = Product.objects.get(code="KNIFE")
    update_product(product_id=knife.id, facts={"name": "Cheese slicer"}, by="test")
    assert codes(guest.get("/products?search=slicer")) == ["KNIFE"]
    assert codes(guest.get("/products?search=bread")) == []


@pytest.mark.usefixtures("shop")
def test_a_search_never_shows_a_draft(guest: APIClient) -> None:
    put("SECRET", name="Secret mug", status="draft")
    assert "SECRET" not in codes(guest.get("/products?search=mug"))
    assert codes(guest.get("/products?search=secret")) == []


@given(words=st.lists(st.text("ab12é", min_size=1, max_size=6), min_size=1, max_size=4), data=st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_product_is_found_by_the_beginning_of_each_of_its_words(
    guest: APIClient, words: list[str], data: st.DataObject
) -> None:
    put("OTHER", name="1ab 2ab abc bcd ecd")
    Product.objects.all().delete()  # its words stay known
    put("THIS", name=" ".join(words))
    word = data.draw(st.sampled_from(words))
    beginning = word[: data.draw(st.integers(1, len(word)))]
    assert codes(guest.get("/products", {"search": beginning})) == ["THIS"]


@pytest.mark.parametrize("count", [MAX_BEGINNINGS, MAX_BEGINNINGS + 1])
def test_a_beginning_is_written_out_to_the_few_words_that_have_it(guest: APIClient, count: int) -> None:
    for number in range(count):
        put(f"P{number}", name=f"lamp{chr(ord('a') + number)}")
    assert (":*" in tsquery("lamp")) == (count > MAX_BEGINNINGS)
    assert len(codes(guest.get("/products?search=lamp&limit=100"))) == count


def test_a_word_as_long_as_a_code_may_be_is_found_by_its_beginning_beside_a_short_one(guest: APIClient) -> None:
    put("LAMP" + "X" * 60)
    put("LAMPS")
    assert len(codes(guest.get("/products?search=lamp"))) == 2


def test_the_shop_s_language_decides_about_stems(guest: APIClient, settings: LazySettings) -> None:
    settings.SEARCH_LANGUAGE = "german"
    put("HAUS", name="Vogelhäuser")
    assert codes(guest.get("/products?search=vogelhaus")) == ["HAUS"]


def test_every_word_is_known_once_for_misspellings() -> None:
    put("A", name="Lantern lantern")
    put("B", name="LANTERN 12345")
    assert list(SearchWord.objects.values_list("word", flat=True)) == ["lantern"]


def test_a_command_brings_all_products_to_another_language(settings: LazySettings) -> None:
    put("CAT", name="Katzen")
    settings.SEARCH_LANGUAGE = "german"
    stem, said = "'katz':", StringIO()
    assert stem not in str(Product.objects.get().search)
    call_command("index_products", stdout=said)
    assert stem in str(Product.objects.get().search)
    assert said.getvalue() == "1 products indexed.\n"
