from __future__ import annotations

from typing import Any
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from events import again, queues
from events.models import Event


class Command(BaseCommand):
    help = (
        "Publishes events of the log again: to all by their routes, or straight to one consumer. A consumer that is "
        "done with an event acknowledges it without doing anything; --force makes one consumer run its "
        "handler once more, which finds the mails it has sent and the invoices it has issued."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--id", type=UUID, nargs="+", default=[], metavar="UUID", help="these events")
        parser.add_argument("--from", type=int, dest="first", metavar="N", help="from this position of the log…")
        parser.add_argument("--to", type=int, dest="last", metavar="M", help="…to this one, both included")
        parser.add_argument("--consumer", choices=queues.consumers(), help="straight to this consumer's queue")
        parser.add_argument("--force", action="store_true", help="forget that the consumer has handled them before")

    def handle(self, *args: Any, **options: Any) -> None:
        consumer, force = options["consumer"], options["force"]
        if force and consumer is None:
            raise CommandError("--force needs --consumer: it makes one consumer do its work again.")
        events = self._events(options["id"], options["first"], options["last"])
        try:
            if consumer is None:
                count = again.to_all(events=events)
            else:
                count = again.to_consumer(events=events, consumer=consumer, force=force)
        except (BotoCoreError, ClientError, RuntimeError, ValueError) as error:
            raise CommandError(f"Not all events could be sent: {error}") from None
        self.stdout.write(f"{count} events go out again to {consumer or 'all, by the relay'}")

    def _events(self, ids: list[UUID], first: int | None, last: int | None) -> QuerySet[Event]:
        if bool(ids) == (first is not None or last is not None):
            raise CommandError("Say which events: either --id …, or --from N --to M.")
        if ids:
            found = set(Event.objects.filter(id__in=ids, position__isnull=False).values_list("id", flat=True))
            if missing := [str(id) for id in ids if id not in found]:
                raise CommandError(f"Not in the log: {', '.join(missing)}.")
            return Event.objects.filter(id__in=ids)
        if first is None or last is None or not 1 <= first <= last:
            raise CommandError("--from N and --to M go together, with 1 <= N <= M.")
        events = Event.objects.filter(position__range=(first, last))
        if not events.exists():
            raise CommandError(f"The log holds no event from {first} to {last}.")
        return events
