from django.apps import AppConfig
from django.core.checks import register

from orders.checks import check_home


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        register(check_home)
