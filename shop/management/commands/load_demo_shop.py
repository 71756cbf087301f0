from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from shop.demo.loading import load


class Command(BaseCommand):
    help = "Loads the demo shop (products, stock, past orders) into an empty database; does nothing in any other."

    def handle(self, *args: Any, **options: Any) -> None:
        loaded = load()
        if loaded is None:
            self.stdout.write("The shop has a catalog already: nothing was loaded.")
            return
        self.stdout.write(
            f"Loaded the demo shop: {loaded.products} products in {loaded.categories} categories,"
            f" {loaded.orders} past orders."
        )
