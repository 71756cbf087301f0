from importlib import import_module

from django.apps import AppConfig
from django.core.checks import register

from orders.checks import check_home


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        import_module("orders.own_data")  # tells its part of what is stored about a person
        register(check_home)
