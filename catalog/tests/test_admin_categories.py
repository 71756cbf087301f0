"""The tree of categories in the admin."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from catalog.categories.attributes import Definition
from catalog.categories.services import create_category, update_category
from catalog.models import Category, Change
from catalog.tests.gallery import a_product
from catalog.tests.staff_browser import Browser, Fields, fields_of, text_of
from events.models import Event

pytestmark = pytest.mark.django_db
LIST = "/admin/catalog/category/"
FORM = "category_form"


@pytest.fixture
def browser(staff: User) -> Browser:
    return Browser(staff)


@pytest.fixture
def kitchen() -> Category:
    """Kitchen › Cups › Mugs, and Kitchen › Bowls; Garden beside it."""
    kitchen = create_category(name="Kitchen", by="test")
    create_category(name="Cups", parent="kitchen", by="test")
    create_category(name="Mugs", parent="cups", by="test")
    create_category(name="Bowls", parent="kitchen", by="test")
    create_category(name="Garden", by="test")
    return kitchen


def path(category: Category) -> str:
    return f"{LIST}{category.id}/change/"


def named(slug: str) -> Category:
    return Category.objects.get(slug=slug)


def with_row(fields: Fields, **row: str) -> Fields:
    number = int(fields["attribute_definitions-TOTAL_FORMS"])
    blank = {"name": "", "type": "text", "choices": ""}
    new = {f"attribute_definitions-{number}-{name}": value for name, value in (blank | row).items()}
    return fields | new | {"attribute_definitions-TOTAL_FORMS": str(number + 1)}


def test_the_list_is_the_tree(browser: Browser, kitchen: Category) -> None:
    body = browser.get(LIST).content.decode()
    places = [body.index(f">{name}</span>") for name in ("Garden", "Kitchen", "Bowls", "Cups", "Mugs")]
    assert places == sorted(places)
    assert '--depth: 2">Mugs' in body


def test_the_list_counts_products_with_those_below(browser: Browser, kitchen: Category) -> None:
    a_product("A", category="kitchen")
    a_product("B", category="mugs")
    body = browser.get(LIST).content.decode()
    row = text_of(body[body.index("Kitchen</span>") : body.index(">Bowls</span>")])
    assert row.split()[:4] == ["Kitchen", "kitchen", "2", "1"]
    assert "B" in text_of(browser.get(f"/admin/catalog/product/?category={named('cups').id}"))


def test_a_search_keeps_the_depth(browser: Browser, kitchen: Category) -> None:
    body = browser.get(f"{LIST}?q=mug").content.decode()
    assert '--depth: 2">Mugs' in body
    assert ">Garden</span>" not in body


def test_a_category_is_made_with_its_attributes(browser: Browser, kitchen: Category, staff: User) -> None:
    fields = browser.opened(f"{LIST}add/", FORM) | {"name": "Teapots", "slug": "teapots", "parent": str(kitchen.id)}
    answer = browser.post(f"{LIST}add/", with_row(fields, name="size", type="choice", choices="S\n\n L "))
    assert answer.status_code == 302, text_of(answer)
    made = named("teapots")
    assert made.parent == kitchen
    assert list(made.attribute_definitions.values_list("name", "type", "choices")) == [("size", "choice", ["S", "L"])]
    assert Change.objects.get(subject_id=made.id).by == staff.email


def test_a_branch_is_moved_and_told(browser: Browser, kitchen: Category, staff: User) -> None:
    cups = named("cups")
    answer = browser.post(path(cups), browser.opened(path(cups), FORM) | {"parent": str(named("garden").id)})
    assert answer.status_code == 302, text_of(answer)
    cups.refresh_from_db()
    assert (cups.parent, cups.version) == (named("garden"), 2)
    assert Event.objects.get(type="CategoryChanged").data["changed"] == ["parent_id"]
    assert Change.objects.get(subject_id=cups.id, action="updated").by == staff.email


def test_its_page_offers_no_parent_below_itself(browser: Browser, kitchen: Category) -> None:
    body = browser.get(path(named("cups"))).content.decode()
    for slug, offered in (("kitchen", True), ("garden", True), ("bowls", True), ("cups", False), ("mugs", False)):
        assert (f'<option value="{named(slug).id}"' in body) == offered, slug


@pytest.mark.parametrize("below", ["kitchen", "cups", "mugs"])
def test_a_cycle_is_refused_in_the_form(browser: Browser, kitchen: Category, below: str) -> None:
    fields = browser.opened(path(kitchen), FORM) | {"parent": str(named(below).id)}
    assert "cannot lie below itself" in text_of(browser.post(path(kitchen), fields))
    assert named("kitchen").parent is None


def test_a_tree_that_would_be_too_deep_is_refused_in_the_form(browser: Browser) -> None:
    for level in range(20):
        create_category(name=f"L{level}", parent=f"l{level - 1}" if level else None, by="test")
    fields = browser.opened(f"{LIST}add/", FORM) | {"name": "X", "slug": "x", "parent": str(named("l19").id)}
    answer = browser.post(f"{LIST}add/", fields)
    assert "at most 20 levels" in text_of(answer)
    assert fields_of(answer, FORM)["name"] == "X"


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"name": "Größe"}, "Use small letters"),
        ({"name": "size", "type": "choice"}, "Say what there is"),
        ({"name": "size", "type": "text", "choices": "S"}, "Only the type choice has choices"),
        ({"name": "size", "type": "choice", "choices": "S\nS"}, "A choice stands twice"),
        ({"name": "size", "type": "colour"}, "valid choice"),
        ({"name": "", "choices": "S"}, "This field is required"),
        ({"name": "x" * 61}, "at most 60"),
        ({"name": "size", "type": "choice", "choices": "x" * 101}, "more than 100"),
    ],
)
def test_a_wrong_definition_is_named_in_the_form(
    browser: Browser, kitchen: Category, row: Fields, complaint: str
) -> None:
    answer = browser.post(path(kitchen), with_row(browser.opened(path(kitchen), FORM), **row))
    assert complaint in text_of(answer)
    assert not kitchen.attribute_definitions.exists()


def test_definitions_are_changed_and_removed(browser: Browser, kitchen: Category) -> None:
    both = [Definition("colour", "text"), Definition("size", "choice", ("S", "L"))]
    update_category(category_id=kitchen.id, facts={"attributes": both}, by="test")
    fields = browser.opened(path(kitchen), FORM)
    fields |= {"attribute_definitions-0-DELETE": "on", "attribute_definitions-1-choices": "S\nM\nL"}
    assert browser.post(path(kitchen), fields).status_code == 302
    assert list(kitchen.attribute_definitions.values_list("name", "choices")) == [("size", ["S", "M", "L"])]


def test_a_page_that_is_saved_as_it_was_opened_leaves_no_trace(browser: Browser, kitchen: Category) -> None:
    attributes = [Definition("size", "choice", ("S", "L"))]
    update_category(category_id=kitchen.id, facts={"attributes": attributes}, by="test")
    assert browser.post(path(kitchen), browser.opened(path(kitchen), FORM)).status_code == 302
    assert named("kitchen").version == 2


def test_whoever_comes_second_is_told_and_keeps_the_input(browser: Browser, kitchen: Category) -> None:
    fields = browser.opened(path(kitchen), FORM) | {"name": "My kitchen"}
    update_category(category_id=kitchen.id, facts={"name": "Their kitchen"}, by="colleague@example.com")
    answer = browser.post(path(kitchen), fields)
    assert "colleague@example.com changed name from Kitchen to Their kitchen" in text_of(answer)
    assert named("kitchen").name == "Their kitchen"
    assert fields_of(answer, FORM)["name"] == "My kitchen"


def test_a_slug_that_is_taken_is_named(browser: Browser, kitchen: Category) -> None:
    fields = browser.opened(f"{LIST}add/", FORM) | {"name": "Kitchen", "slug": "kitchen"}
    assert "already exists" in text_of(browser.post(f"{LIST}add/", fields))


@pytest.mark.parametrize("slug", ["kitchen", "mugs"])
def test_one_in_use_is_not_deleted_and_says_why(browser: Browser, kitchen: Category, slug: str) -> None:
    a_product("A", category="mugs")
    page = f"{LIST}{named(slug).id}/delete/"
    assert browser.get(page).status_code == 200
    said = text_of(browser.post(page, {"post": "yes"}, follow=True))
    assert "It stays. It holds" in said
    assert named(slug)


def test_an_empty_one_is_deleted(browser: Browser, kitchen: Category, staff: User) -> None:
    garden = named("garden")
    assert browser.post(f"{LIST}{garden.id}/delete/", {"post": "yes"}).status_code == 302
    assert not Category.objects.filter(id=garden.id).exists()
    assert Change.objects.get(subject_id=garden.id, action="deleted").by == staff.email


def test_its_history_is_the_audit(browser: Browser, kitchen: Category) -> None:
    update_category(category_id=kitchen.id, facts={"name": "Their kitchen"}, by="colleague@example.com")
    said = text_of(browser.get(f"{LIST}{kitchen.id}/history/", follow=True))
    assert "Kitchen → Their kitchen" in said


def test_a_script_in_a_name_is_shown_as_text(browser: Browser) -> None:
    category = create_category(name="<script>alert(1)</script>", slug="x", by="test")
    a_product("A", category="x")
    for page in (LIST, path(category), "/admin/catalog/product/", "/admin/catalog/product/add/"):
        assert b"<script>alert(1)" not in browser.get(page).content


def test_more_categories_cost_no_more_queries(browser: Browser) -> None:
    def queries(more: int) -> int:
        for _ in range(more):
            number = Category.objects.count()
            create_category(name=f"C{number}", parent=f"c{number - 1}" if number % 5 else None, by="test")
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(LIST).status_code == 200
        return len(captured)

    browser.get(LIST)
    few = queries(5)
    assert queries(40) == few
