from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from events import queues


class Command(BaseCommand):
    help = "Shows a consumer's dead letters and why each failed. They stay where they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("consumer", choices=queues.names())
        parser.add_argument("--limit", type=int, default=100, help="show at most this many (100)")

    def handle(self, *args: Any, consumer: str, limit: int, **options: Any) -> None:
        if limit < 1:
            raise CommandError("--limit must be at least 1.")
        try:
            letters = queues.dead_letters(consumer, limit=limit)
        except (BotoCoreError, ClientError) as error:
            raise CommandError(f"SQS does not give the dead letters of {consumer}: {error}") from None
        for letter in letters:
            self.stdout.write(f"{letter.message_id}  {letter.what}\n  {letter.reason}\n  {letter.body[:500]!r}")
        self.stdout.write(
            f"{len(letters)} dead letters of {consumer}" + (" (more may follow)" * (len(letters) == limit))
        )
