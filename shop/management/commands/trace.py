from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from api.tracing import TRACEPARENT
from api.tracing.reading import spans_of, tree
from events.models import Event
from orders.models import Order

MOST = 200
"""Events of one order that are looked at."""


class Command(BaseCommand):
    help = (
        "Prints the traces of an order, or one trace, as trees: what each request led to, in which process, and how "
        "long it took. It reads the file of TRACES=file; of traces at a collector it names the ids."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", help="an order's number or id, or a trace's id")

    def handle(self, *args: Any, what: str, **options: Any) -> None:
        trace_ids = [what] if re.fullmatch(r"[0-9a-f]{32}", what) else _traces_of(what)
        if settings.TRACES == "otlp":
            for trace_id in trace_ids:
                self.stdout.write(f"at X-Ray: 1-{trace_id[:8]}-{trace_id[8:]}")
            return
        if not settings.TRACES_FILE:
            raise CommandError("There is no file of traces: see the setting TRACES.")
        found = spans_of(Path(settings.TRACES_FILE), trace_ids)
        for trace_id, spans in found.items():
            self.stdout.write(f"trace {trace_id}, {len(spans)} spans")
            for line in tree(spans):
                self.stdout.write(line)
        if not any(found.values()):
            raise CommandError(f"{settings.TRACES_FILE} holds no span of {what}.")


def _traces_of(name: str) -> list[str]:
    """The traces in which an event of the order, or of one of its documents, was recorded; the newest, oldest first."""
    order = Order.objects.filter(Q(id=name) if _is_uuid(name) else Q(number=name)).first()
    if order is None:
        raise CommandError(f"There is no order {name!r}; a trace's id has 32 digits, 0 to 9 and a to f.")
    subjects = [f"order/{order.id}", *(f"invoice/{id}" for id in order.invoices.values_list("id", flat=True))]
    events = Event.objects.filter(subject__in=subjects).exclude(traceparent="").order_by("-id")
    parents = [TRACEPARENT.fullmatch(text) for text in events.values_list("traceparent", flat=True)[:MOST]]
    trace_ids = dict.fromkeys(found[1] for found in reversed(parents) if found)
    if not trace_ids:
        raise CommandError(f"Order {order.number} was not traced: see the settings TRACES and TRACES_PERCENT.")
    return list(trace_ids)


def _is_uuid(text: str) -> bool:
    return re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is not None
