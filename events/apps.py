from django.apps import AppConfig
from django.core.checks import register
from django.utils.module_loading import autodiscover_modules


class EventsConfig(AppConfig):
    name = "events"

    def ready(self) -> None:
        from events.checks import check_subscriptions  # models can be imported only now

        autodiscover_modules("events")  # each app's event classes enter events.base.REGISTRY
        register(check_subscriptions)
