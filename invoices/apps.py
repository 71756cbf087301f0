from importlib import import_module

from django.apps import AppConfig


class InvoicesConfig(AppConfig):
    name = "invoices"

    def ready(self) -> None:
        import_module("invoices.timeline")  # tells its part of an order's timeline
        import_module("invoices.own_data")  # tells its part of what is stored about a person
