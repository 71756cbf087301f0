from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand

from api.context import is_process
from events.relay import Relay


class Command(BaseCommand):
    requires_system_checks = []  # a relay that must take over does not wait for the admin to be checked
    help = "Publishes recorded events until SIGTERM. Run two: one works, the other takes over when it dies."

    def handle(self, *args: Any, **options: Any) -> None:
        is_process("relay")
        relay = Relay()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: relay.stop.set())
        relay.run()
