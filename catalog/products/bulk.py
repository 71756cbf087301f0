"""Changing many products at once, all or none."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction

from api.etags import check_version
from api.problems import Problem
from catalog.models import Product
from catalog.products.presentation import products_json
from catalog.products.services import update_product
from catalog.products.writing import write
from catalog.stock import lock_products


@transaction.atomic
def change_products(*, changes: Sequence[Mapping[str, Any]], by: str) -> list[dict[str, Any]]:
    """Each change has `id`, may have `if_match`, and the fields to change; gives the products' JSON in the same order.

    Raises a Problem (400 `validation_error`) with an entry for every change that cannot be made; then none is.
    """
    errors: list[dict[str, str]] = []
    ids = [change["id"] for change in changes]
    _lock(ids)
    for number, change in enumerate(changes):
        place = f"changes.{number}"
        if change["id"] in ids[:number]:
            errors.append({"field": f"{place}.id", "code": "repeated", "message": "This product stands twice."})
            continue
        facts = {name: value for name, value in change.items() if name not in ("id", "if_match")}
        try:
            with transaction.atomic():
                update_product(
                    product_id=change["id"],
                    facts=facts,
                    by=by,
                    unless_overtaken=partial(_check, change.get("if_match", "")),
                )
        except Problem as problem:
            errors += _told(place, problem)
    if errors:
        raise Problem("No product was changed: see errors.", code="validation_error", errors=errors)
    bodies = products_json(ids)
    return [bodies[id] for id in ids]


@transaction.atomic
def set_status(*, ids: Collection[UUID], status: Product.Status, by: str) -> int:
    """Gives products a status, in a number of queries that does not depend on how many they are.

    Gives the number of those that had another. Raises NotFound where one is gone; then none is changed.
    """

    def work(products: dict[UUID, Product]) -> None:
        Product.objects.filter(id__in=products).update(status=status)

    return len(write(by=by, ids=ids, work=work))


def _lock(ids: Sequence[UUID]) -> None:
    """All variants, then all products, each in one order: else two calls could wait for each other's products."""
    lock_products(ids)
    list(Product.objects.filter(id__in=ids).order_by("id").select_for_update(no_key=True).values_list("id"))


def _check(given: str, product: Product) -> None:
    check_version(given, product.version)


def _told(place: str, problem: Problem) -> list[dict[str, str]]:
    if problem.errors:
        return [error | {"field": f"{place}.{error['field']}".rstrip(".")} for error in problem.errors]
    return [{"field": place, "code": problem.code, "message": problem.detail}]
