from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count, Min, Q
from django.utils import timezone

from events import log, queues
from events.models import Event, Inbox


class Command(BaseCommand):
    help = "How far behind the outbox and each consumer are. Exits with an error if SQS does not answer."

    def handle(self, *args: Any, **options: Any) -> None:
        behind = Event.objects.filter(published_at=None).aggregate(
            unpositioned=Count("id", filter=Q(position=None)),
            unpublished=Count("id"),
            failing=Count("id", filter=Q(attempts__gt=0)),
            oldest=Min("time"),
        )
        width = 2 + max(map(len, queues.names()))
        age = f"{(timezone.now() - behind['oldest']).total_seconds():.0f} s" if behind["oldest"] else "none"
        self.stdout.write(
            f"{'outbox':<{width}}head {log.head()}, without position {behind['unpositioned']}, "
            f"unpublished {behind['unpublished']}, of these failing {behind['failing']}, oldest {age}"
        )
        undone = dict(
            Inbox.objects.filter(done_at=None).values_list("consumer").annotate(count=Count("id")).order_by("consumer")
        )
        for consumer in queues.names():
            try:
                depth = queues.depth(consumer)
            except (BotoCoreError, ClientError) as error:
                raise CommandError(f"SQS does not tell about {consumer}: {error}") from None
            self.stdout.write(
                f"{consumer:<{width}}waiting {depth.waiting}, in flight {depth.in_flight}, dead letters {depth.dead}, "
                f"begun and not done {undone.get(consumer, 0)}"
            )
