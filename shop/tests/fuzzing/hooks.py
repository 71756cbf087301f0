"""What schemathesis is told of this API that no OpenAPI document can say."""

from __future__ import annotations

from typing import Any

import requests
import schemathesis
from schemathesis.openapi.checks import RejectedPositiveData
from schemathesis.specs.openapi.checks import positive_data_acceptance

LONGEST_LINE = 4000
"""Bytes of a request's address, of which gunicorn reads 4094 with the method and the version around it. It refuses
more than that itself, with a page of its own (414)."""

BEYOND_A_SCHEMA = {
    # Characters: a pattern in each text would hide what the document says.
    "blank": "spaces alone",
    "control_character": "no text may hold one",
    "invalid_name": "of an attribute: a control character, or an equals sign, which `attr.<name>=` could not ask for",
    # What there is.
    "category_not_found": "named by its id or slug",
    "category_cycle": "a category below itself",
    "unknown_shipping_method": "a table in the admin says which there are",
    "not_found": "one of a hundred products that are changed at once",
    "invalid_cursor": "only a `next` or `previous` that was given out has one",
    "invalid_code": "only what a mail told is one",
    # Rules on several values.
    "required email": "of guests alone",
    "not_allowed email": "of customers, who have one",
    "required price": "of a variant, where the product gives none for all",
    "several_variants": "a price for all is a product's with one variant",
    "required postal_code": "by the rules of each country's post",
    "postal_code": "by the rules of each country's post",
    "one_of_two": "parameters of a query, of which OpenAPI tells one at a time",
    "duplicate_sku": "two lines of one SKU, in whatever case",
    "repeated": "two attributes of one name",
    "weak_password": "letters of both kinds and a digit, in any order",
    # What JSON Schema takes for an integer, and we do not: 5.0.
    "invalid delta": "units",
    "invalid low_stock": "units",
    "invalid position": "of an image",
    "invalid quantity": "units",
    "invalid stock": "units",
    # Contents in another format than JSON.
    "bad_image": "random bytes are no image",
    "invalid product_url": "a host has 253 characters at most",
    "invalid mapping": "JSON in a part of a form",
    "invalid_json mapping": "JSON in a part of a form",
    "unknown_column mapping": "JSON in a part of a form",
}
"""Code, or code and field: why a request is refused though it is as the document says."""


@schemathesis.hook
def filter_case(context: Any, case: Any) -> bool:
    """Addresses that the server refuses before the shop is asked are not tried."""
    sent = case.as_transport_kwargs(base_url="http://shop")
    address = requests.Request("GET", sent["url"], params=sent["params"]).prepare().url
    return len(address or "") < LONGEST_LINE


@schemathesis.check
def documented_input_acceptance(ctx: Any, response: Any, case: Any) -> None:
    """`positive_data_acceptance`, but for refusals that say why in a code of `BEYOND_A_SCHEMA`."""
    try:
        positive_data_acceptance(ctx, response, case)
    except RejectedPositiveData:
        if not _excused(response):
            raise


def _excused(response: Any) -> bool:
    try:
        problem = response.json()
    except ValueError:
        return False
    errors = problem.get("errors", [{"code": problem.get("code"), "field": ""}])
    return all(
        row["code"] in BEYOND_A_SCHEMA or f"{row['code']} {row['field'].rpartition('.')[2]}" in BEYOND_A_SCHEMA
        for row in errors
    )
