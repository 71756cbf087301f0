from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        import_module("accounts.schema")  # tells drf-spectacular of our sign-in
        import_module("accounts.own_data.account")  # tells its part of what is stored about a person
