from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand
from django.db import transaction

from catalog import stock
from catalog.models import Product
from catalog.products import derived

STEP = 500


class Command(BaseCommand):
    help = "Works out anew what lists find and sort products by: after another SEARCH_LANGUAGE. The shop may go on."

    def handle(self, *args: Any, **options: Any) -> None:
        done, last = 0, UUID(int=0)
        while ids := list(Product.objects.filter(id__gt=last).order_by("id").values_list("id", flat=True)[:STEP]):
            with transaction.atomic():
                stock.lock_products(ids)
                list(Product.objects.filter(id__in=ids).order_by("id").select_for_update(no_key=True).values_list("id"))
                derived.refresh(ids)
            done, last = done + len(ids), ids[-1]
        self.stdout.write(f"{done} products indexed.")
