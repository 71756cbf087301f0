from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from events import queues


class Command(BaseCommand):
    help = "Sends all dead letters of a consumer back to its queue, to be handled again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("consumer", choices=queues.names())

    def handle(self, *args: Any, consumer: str, **options: Any) -> None:
        try:
            moved = queues.redrive(consumer)
        except (BotoCoreError, ClientError, RuntimeError) as error:
            raise CommandError(f"Not all dead letters of {consumer} could be sent back: {error}") from None
        self.stdout.write(f"{moved} dead letters sent back to {consumer}")
