"""A product's page in the admin: its variants and images, who was first, what is refused, and what stands around it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from catalog.categories.attributes import Definition
from catalog.categories.services import create_category
from catalog.images.services import MAX_IMAGES, add_image
from catalog.models import Change, Product, ProductImage, Variant
from catalog.products.services import VariantFacts, create_product, update_product
from catalog.stock import take
from catalog.tests.gallery import a_product, objects
from catalog.tests.pictures import png
from catalog.tests.staff_browser import Browser, Fields, fields_of, text_of
from events.models import Event

pytestmark = pytest.mark.django_db
ADD = "/admin/catalog/product/add/"
FORM = "product_form"


@pytest.fixture
def browser(staff: User) -> Browser:
    return Browser(staff)


@pytest.fixture
def mug() -> Product:
    return a_product(description="<script>alert(1)</script>")


def path(product: Product) -> str:
    return f"/admin/catalog/product/{product.id}/change/"


def with_rows(fields: Fields, *rows: Fields) -> Fields:
    """Adds rows of variants, as the page's script does."""
    first = int(fields["variants-TOTAL_FORMS"])
    blank = {"sku": "", "price": "", "low_stock": "", "attributes": ""}
    new = {f"variants-{first + i}-{name}": value for i, row in enumerate(rows) for name, value in (blank | row).items()}
    return fields | new | {"variants-TOTAL_FORMS": str(first + len(rows))}


def new_product(browser: Browser, *rows: Fields, **facts: Any) -> Fields:
    fields = browser.opened(ADD, FORM) | {"name": "Mug", "slug": "mug", "code": "MUG", "currency": "EUR"} | facts
    fields["variants-TOTAL_FORMS"] = "0"  # the empty row that the page begins with
    return with_rows({name: value for name, value in fields.items() if not name.startswith("variants-0-")}, *rows)


# --- Saving ---


def test_a_new_product_is_told_like_any_other(browser: Browser) -> None:
    fields = new_product(browser, {"sku": "mug-s", "price": "9.90"}, {"sku": "mug-l", "price": "8", "low_stock": "3"})
    answer = browser.post(ADD, fields)
    assert answer.status_code == 302, text_of(answer)
    product = Product.objects.get()
    assert (product.price, product.version) == (Decimal(8), 1)
    assert list(product.variants.values_list("sku", "low_stock")) == [("MUG-S", None), ("MUG-L", 3)]
    data = Event.objects.get(type="ProductCreated").data
    assert [row["sku"] for row in data["product"]["variants"]] == ["MUG-S", "MUG-L"]


def test_a_page_that_is_saved_as_it_was_opened_leaves_no_trace(browser: Browser) -> None:
    mug = a_product(attributes={"colour": "red", "size": "42", "weight": 1.5, "handmade": True, "motto": "a\nb = c"})
    assert browser.post(path(mug), browser.opened(path(mug), FORM)).status_code == 302
    mug.refresh_from_db()
    assert mug.version == 1
    assert mug.attributes == {"colour": "red", "size": "42", "weight": 1.5, "handmade": True, "motto": "a\nb = c"}
    assert not Event.objects.filter(type="ProductUpdated").exists()


def test_a_change_gets_a_new_version_and_leaves_stock_alone(browser: Browser, mug: Product, staff: User) -> None:
    fields = browser.opened(path(mug), FORM)
    Variant.objects.update(stock=2)  # sold while the page was open
    changes = {"name": "Better mug", "variants-0-price": "7.50", "variants-0-low_stock": "1"}
    answer = browser.post(path(mug), fields | changes)
    assert answer.status_code == 302, text_of(answer)
    mug.refresh_from_db()
    variant = Variant.objects.get()
    assert (mug.name, mug.version, mug.price) == ("Better mug", 2, Decimal("7.50"))
    assert (variant.price, variant.stock, variant.low_stock) == (Decimal("7.50"), 2, 1)
    assert Change.objects.get(action="updated").by == staff.email


def test_a_variant_is_removed(browser: Browser, mug: Product) -> None:
    fields = with_rows(browser.opened(path(mug), FORM), {"sku": "MUG-2", "price": "5"})
    assert browser.post(path(mug), fields).status_code == 302
    fields = browser.opened(path(mug), FORM)
    assert browser.post(path(mug), fields | {"variants-0-DELETE": "on"}).status_code == 302
    assert [variant.sku for variant in mug.variants.all()] == ["MUG-2"]


@pytest.mark.parametrize("ordered", [True, False])
def test_a_variant_that_was_ordered_or_is_the_last_one_stays(browser: Browser, mug: Product, ordered: bool) -> None:
    if ordered:
        take(items={"MUG": 1}, order_id=mug.id, by="buyer")
    fields = browser.opened(path(mug), FORM) | {"variants-0-DELETE": "on"}
    if ordered:
        fields = with_rows(fields, {"sku": "MUG-2", "price": "5"})
    said = text_of(browser.post(path(mug), fields))
    assert ("was ordered" if ordered else "at least one variant") in said
    assert [variant.sku for variant in mug.variants.all()] == ["MUG"]


def test_attributes_are_written_as_lines(browser: Browser, mug: Product) -> None:
    fields = browser.opened(path(mug), FORM)
    lines = 'colour = red\nsize = "42"\n\nweight = 1.5\nhandmade = true\nformula = e = mc2'
    assert browser.post(path(mug), fields | {"attributes": lines}).status_code == 302
    mug.refresh_from_db()
    assert mug.attributes == {"colour": "red", "size": "42", "weight": 1.5, "handmade": True, "formula": "e = mc2"}


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ("red", "Line 1: write “name = value”"),
        ("a = 1\na = 2", "Line 2: a stands twice"),
        ("= red", "Line 1"),
        ("a = [1]", "A value is a text, a number or a boolean"),
        ("a = 1e999", "below 2^63"),
        ("a = " + "[" * 400, "a value is"),
        ("a = " + "x" * 501, "at most 500"),
        ("\n".join(f"a{n} = 1" for n in range(51)), "at most 50 attributes"),
    ],
)
def test_attributes_that_cannot_be_are_named(browser: Browser, mug: Product, lines: str, complaint: str) -> None:
    fields = browser.opened(path(mug), FORM) | {"attributes": lines}
    answer = browser.post(path(mug), fields)
    if lines.endswith("[[["):  # no JSON, so it is a text, and one that may be
        assert answer.status_code == 302
        return
    assert complaint in text_of(answer)
    assert fields_of(answer, FORM)["attributes"] == lines


# --- Refusals ---


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"sku": "NEW", "price": "1.005"}, "2 digits after the point"),
        ({"sku": "mug", "price": "1.00"}, "already exists"),
        ({"sku": "☕", "price": "1.00"}, "ASCII"),
        ({"sku": "has space", "price": "-1"}, "greater than or equal to 0"),
        ({"sku": "X" * 300, "price": "1.00"}, "at most 64 characters"),
        ({"sku": "", "price": "1.00"}, "This field is required"),
        ({"sku": "NEW", "price": "NaN"}, "Enter a number"),
        ({"sku": "NEW", "price": "1.00", "low_stock": "-1"}, "greater than or equal to 0"),
    ],
)
def test_a_wrong_variant_is_named_in_the_form(browser: Browser, mug: Product, row: Fields, complaint: str) -> None:
    answer = browser.post(ADD, new_product(browser, row, code="OTHER", slug="other"))
    assert complaint in text_of(answer)
    assert Product.objects.count() == 1


def test_one_sku_in_two_cases_is_named_in_the_form(browser: Browser) -> None:
    answer = browser.post(ADD, new_product(browser, {"sku": "abc", "price": "1"}, {"sku": "ABC", "price": "1"}))
    assert "duplicate" in text_of(answer)
    assert not Product.objects.exists()


def test_what_only_the_service_refuses_is_said_at_its_field_and_the_input_stays(browser: Browser) -> None:
    create_category(name="Cups", attributes=[Definition("size", "choice", ("S", "L"))], by="test")
    category = str(create_category(name="Mugs", parent="cups", by="test").id)
    row = {"sku": "MUG", "price": "9.90", "attributes": "size = XL"}
    answer = browser.post(ADD, new_product(browser, {"sku": "A", "price": "1"}, row, category=category))
    assert "size: It is one of S, L." in text_of(answer)
    assert fields_of(answer, FORM)["variants-1-attributes"] == "size = XL"
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("facts", "complaint"),
    [
        ({"description": "x" * 250_000}, "Texts and attributes together"),
        ({"code": "mug"}, "already"),
        ({"slug": "import"}, "cannot be a slug"),
    ],
)
def test_what_cannot_be_saved_is_said_and_the_input_stays(
    browser: Browser, mug: Product, facts: Fields, complaint: str
) -> None:
    fields = new_product(browser, {"sku": "OTHER", "price": "9.90"}, **{"code": "OTHER", "slug": "other"} | facts)
    answer = browser.post(ADD, fields)
    assert complaint in text_of(answer)
    assert fields_of(answer, FORM)["variants-0-sku"] == "OTHER"
    assert Product.objects.count() == 1


def test_whoever_comes_second_is_told_what_the_first_did_and_keeps_the_input(browser: Browser, mug: Product) -> None:
    fields = browser.opened(path(mug), FORM) | {"name": "My mug"}
    update_product(product_id=mug.id, facts={"name": "Their mug"}, by="colleague@example.com")
    answer = browser.post(path(mug), fields)
    said = text_of(answer)
    assert "Not saved" in said
    assert "colleague@example.com changed name from Mug to Their mug" in said
    mug.refresh_from_db()
    assert mug.name == "Their mug"
    kept = fields_of(answer, FORM)
    assert kept["name"] == "My mug"
    assert browser.post(path(mug), kept).status_code == 302  # now it is a decision
    mug.refresh_from_db()
    assert mug.name == "My mug"


def test_a_page_without_its_version_is_not_saved(browser: Browser, mug: Product) -> None:
    fields = browser.opened(path(mug), FORM) | {"name": "My mug"}
    del fields["seen"]
    assert "Not saved" in text_of(browser.post(path(mug), fields))
    mug.refresh_from_db()
    assert mug.name == "Mug"


@pytest.mark.parametrize(
    "broken",
    [
        {"variants-TOTAL_FORMS": "9", "variants-INITIAL_FORMS": "9"},
        {"variants-0-id": "x"},
        {"variants-0-id": "01a20adc-e36e-7676-9ed8-f989ce7d85f7"},
        {"variants-TOTAL_FORMS": "many"},
        {"images-TOTAL_FORMS": "3", "images-INITIAL_FORMS": "3"},
        {"seen": "x"},
        {"category": "x"},
    ],
)
def test_a_form_that_no_page_made_is_refused(browser: Browser, mug: Product, broken: Fields) -> None:
    answer = browser.post(path(mug), browser.opened(path(mug), FORM) | {"name": "New"} | broken)
    assert answer.status_code in (200, 400)
    mug.refresh_from_db()
    assert mug.name == "Mug"


@pytest.mark.parametrize("id", ["x", "01a20adc-e36e-7676-9ed8-f989ce7d85f7"])
def test_a_product_that_is_not_there_is_told(browser: Browser, id: str) -> None:
    assert "doesn’t exist" in text_of(browser.get(f"/admin/catalog/product/{id}/change/", follow=True))


# --- Images ---


def upload(browser: Browser, product: Product, *contents: bytes, **fields: str) -> str:
    files = [SimpleUploadedFile(f"picture{number}.png", content) for number, content in enumerate(contents)]
    return text_of(
        browser.post(f"/admin/catalog/product/{product.id}/images/", {"images": files, **fields}, follow=True)
    )


def test_images_are_uploaded_several_at_once(browser: Browser, mug: Product, staff: User) -> None:
    said = upload(browser, mug, png(), b"no picture", png(300, 300), alt="A mug")
    assert "2 images added." in said
    assert "picture1.png:" in said
    assert [image.alt for image in mug.images.all()] == ["A mug", "A mug"]
    assert len(objects(mug)) == 2
    assert Change.objects.filter(action="updated", by=staff.email).count() == 2


@pytest.mark.parametrize("contents", [[], [b"x"], [b"<svg onload=alert(1)></svg>"], [b"\x89PNG" * (3 * 1024 * 1024)]])
def test_what_is_no_image_is_refused(browser: Browser, mug: Product, contents: list[bytes]) -> None:
    upload(browser, mug, *contents)
    assert not ProductImage.objects.exists()
    assert objects(mug) == []


def test_an_upload_to_a_product_that_is_gone_is_told(browser: Browser, mug: Product) -> None:
    mug.variants.all().delete()
    Product.objects.all().delete()
    assert "There is no such product" in upload(browser, mug, png())
    assert objects(mug) == []


def test_more_images_than_a_product_has_are_refused(browser: Browser, mug: Product) -> None:
    said = upload(browser, mug, *[png(8, 8)] * (MAX_IMAGES + 1))
    assert f"{MAX_IMAGES} images added" in said and "1 were left out" in said
    assert "at most 20 images" in upload(browser, mug, png(8, 8))
    assert mug.images.count() == MAX_IMAGES


def test_images_are_put_in_order_described_and_removed_in_one_change(browser: Browser, mug: Product) -> None:
    first, second, third = (add_image(product_id=mug.id, content=png(8, 8 + n), by="test") for n in range(3))
    fields = browser.opened(path(mug), FORM)
    moved = {"images-0-position": "2", "images-2-position": "0", "images-2-alt": "From above", "images-1-DELETE": "on"}
    version = Product.objects.get().version
    answer = browser.post(path(mug), fields | moved)
    assert answer.status_code == 302, text_of(answer)
    assert list(mug.images.values_list("id", "position", "alt")) == [(third.id, 0, "From above"), (first.id, 1, "")]
    assert Product.objects.get().version == version + 1
    assert not ProductImage.objects.filter(id=second.id).exists()


def test_images_have_a_preview(browser: Browser, mug: Product) -> None:
    image = add_image(product_id=mug.id, content=png(), alt='A "mug"', by="test")
    assert f'{image.key}" alt="A &quot;mug&quot;"' in browser.get(path(mug)).content.decode()


# --- Around the form ---


def test_a_script_is_shown_as_text_everywhere(browser: Browser, mug: Product) -> None:
    update_product(product_id=mug.id, facts={"description": "<script>alert(2)</script>"}, by="<script>x</script>")
    change = Change.objects.filter(action="updated").get()
    for page in (path(mug), "/admin/catalog/change/", f"/admin/catalog/change/{change.id}/change/"):
        body = browser.get(page).content
        assert b"&lt;script&gt;alert(2)" in body
        assert b"<script>alert" not in body
        assert b"<script>x" not in body


def test_the_page_shows_the_product_as_the_api_does(browser: Browser, mug: Product) -> None:
    said = text_of(browser.get(path(mug)))
    for text in (
        "As the API shows it",
        "&quot;tax_rate&quot;: &quot;0.00&quot;",
        "&quot;price&quot;: &quot;12.90&quot;",
    ):
        assert text in said


def test_the_page_leads_to_events_orders_changes_ledger_and_shop(browser: Browser, mug: Product) -> None:
    body = browser.get(path(mug)).content.decode()
    for url, text in [
        (f"/admin/events/event/?q=product%2F{mug.id}", "ProductCreated"),
        (f"/admin/orders/order/?lines__variant__product__id__exact={mug.id}", "Orders"),
        (f"/admin/catalog/change/?q={mug.id}", "created"),
        (f"/admin/catalog/stockmovement/?variant__product__id__exact={mug.id}", "received"),
        (f"/products/{mug.slug}", "Mug"),
    ]:
        assert f'href="{url}"' in body
        answer = browser.get(url, follow=False)
        assert answer.status_code == 200, url
        assert text in answer.content.decode()


def test_a_draft_leads_to_no_shop(browser: Browser) -> None:
    draft = a_product(status="draft")
    assert f'href="/products/{draft.slug}"' not in browser.get(path(draft)).content.decode()


def test_its_history_is_the_audit(browser: Browser, mug: Product) -> None:
    update_product(product_id=mug.id, facts={"name": "Their mug"}, by="colleague@example.com")
    said = text_of(browser.get(f"/admin/catalog/product/{mug.id}/history/", follow=True))
    assert "Mug → Their mug" in said
    assert "colleague@example.com" in said


def test_it_cannot_be_deleted(browser: Browser, mug: Product) -> None:
    assert browser.post(f"/admin/catalog/product/{mug.id}/delete/", {"post": "yes"}).status_code == 403
    assert Product.objects.exists()


def test_a_product_with_many_variants_and_images_costs_no_query_for_each(browser: Browser) -> None:
    def queries(code: str, size: int) -> int:
        variants = [VariantFacts(sku=f"{code}-{number}", price=Decimal(5)) for number in range(size)]
        product = create_product(code=code, name=code, variants=variants, by="test")
        for _ in range(size):
            ProductImage.objects.create(
                product=product, key="k", content_type="image/png", width=1, height=1, size=1, sha256=""
            )
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(path(product)).status_code == 200
        return len(captured)

    browser.get(ADD)
    assert queries("MANY", 40) == queries("FEW", 4)
