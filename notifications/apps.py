from importlib import import_module

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        import_module("notifications.timeline")  # tells its part of an order's timeline
        import_module("notifications.own_data")  # tells its part of what is stored about a person
