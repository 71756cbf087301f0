"""The event log and the inbox, to look at and to publish again; nobody edits history."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from events import again
from events.envelope import to_wire
from events.models import Event, Inbox

Lookups = list[tuple[str, str]]
EXACT_UP_TO = 100_000


class EstimatingPaginator(Paginator):  # type: ignore[type-arg]
    """Counts a whole big table by PostgreSQL's own estimate; an exact count would take longer than the page."""

    @cached_property
    def count(self) -> int:
        queryset = self.object_list
        if isinstance(queryset, QuerySet) and not queryset.query.where:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [queryset.model._meta.db_table]
                )
                (estimate,) = cursor.fetchone()
            if estimate > EXACT_UP_TO:
                return int(estimate)
        return super().count


class TypeFilter(admin.SimpleListFilter):
    title = parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [(type, type) for type in settings.EVENT_ROUTES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        field = "type" if queryset.model is Event else "event_type"
        return queryset.filter(**{field: self.value()}) if self.value() else queryset


class PublishedFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [("published", "Published"), ("waiting", "Not yet published"), ("failing", "Failing")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        conditions = {
            "published": Q(published_at__isnull=False),
            "waiting": Q(published_at=None),
            "failing": Q(published_at=None, attempts__gt=0),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


class ConsumerFilter(admin.SimpleListFilter):
    title = parameter_name = "consumer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [(consumer, consumer) for consumer in settings.EVENT_SUBSCRIPTIONS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Inbox]) -> QuerySet[Inbox]:
        return queryset.filter(consumer=self.value()) if self.value() else queryset


class ReceiptFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [("done", "Done"), ("undone", "Begun and not done"), ("failed", "Failed"), ("ignored", "Ignored")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Inbox]) -> QuerySet[Inbox]:
        conditions = {
            "done": Q(done_at__isnull=False, ignored=False),
            "undone": Q(done_at=None),
            "failed": Q(done_at=None) & ~Q(last_error=""),
            "ignored": Q(ignored=True),
        }
        return queryset.filter(conditions.get(self.value() or "", Q()))


class HistoryAdmin(ModelAdmin):  # type: ignore[misc]
    """Shows what the relay and the workers alone write."""

    paginator = EstimatingPaginator
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Event)
class EventAdmin(HistoryAdmin):
    list_display = ["position", "type", "subject", "time", "state", "attempts"]
    list_display_links = ["position", "type"]
    list_filter = [TypeFilter, PublishedFilter]
    search_fields = ["subject"]
    search_help_text = "An event's id or position, or a subject in full: order/0190…"
    ordering = ["-position"]
    fields = [
        ("type", "version"),
        ("position", "id"),
        ("subject", "time"),
        ("customer_id", "request_id"),
        ("published_at", "attempts", "next_attempt_at"),
        "last_error",
        "pretty_data",
        "wire_form",
    ]
    readonly_fields = ["pretty_data", "wire_form"]

    @display(description="State", label={"published": "success", "waiting": "info", "failing": "danger"})  # type: ignore[untyped-decorator]
    def state(self, event: Event) -> str:
        if event.published_at:
            return "published"
        return "failing" if event.attempts else "waiting"

    @display(description="Data")  # type: ignore[untyped-decorator]
    def pretty_data(self, event: Event) -> SafeString:
        return _json(event.data)

    @display(description="On the wire")  # type: ignore[untyped-decorator]
    def wire_form(self, event: Event) -> SafeString | str:
        return _json(json.loads(to_wire(event))) if event.position else "once it has a position"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        """By exact values alone, each of which has an index."""
        term = search_term.strip()
        if not term:
            return queryset, False
        found = Q(subject=term)
        if (id := _uuid(term)) is not None:
            found |= Q(id=id)
        elif term.isascii() and term.isdigit() and len(term) < 19:
            found |= Q(position=int(term))
        return queryset.filter(found), False

    def has_publish_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("events.change_event")

    @admin.action(description="Publish again to all", permissions=["publish"])
    def publish_again(self, request: HttpRequest, events: QuerySet[Event]) -> None:
        chosen = Event.objects.filter(id__in=events.order_by().values("id"))
        count = again.to_all(events=chosen)
        LogEntry.objects.log_actions(str(request.user.pk), chosen, CHANGE, "Published again to all.")
        self.message_user(request, f"The relay publishes {count} events again.", messages.SUCCESS)

    actions = ["publish_again"]

    def get_actions(self, request: HttpRequest) -> Any:
        actions = super().get_actions(request)
        if "publish_again" in actions:
            for consumer in settings.EVENT_SUBSCRIPTIONS:
                name = f"publish_again_to_{consumer}"
                actions[name] = (_publish_again_to(consumer), name, f"Publish again to {consumer} alone")
        return actions


@admin.register(Inbox)
class InboxAdmin(HistoryAdmin):
    list_display = ["event_id", "consumer", "event_type", "received_at", "state", "attempts", "error"]
    list_filter = [ConsumerFilter, TypeFilter, ReceiptFilter]
    search_fields = ["event_id"]
    search_help_text = "An event's id."
    ordering = ["-id"]
    fields = [
        ("consumer", "event_type"),
        "event_id",
        ("received_at", "attempts"),
        ("claimed_until", "done_at", "ignored"),
        "last_error",
    ]

    @display(description="State", label={"done": "success", "begun": "info", "failed": "danger", "ignored": "warning"})  # type: ignore[untyped-decorator]
    def state(self, receipt: Inbox) -> str:
        if receipt.ignored:
            return "ignored"
        if receipt.done_at:
            return "done"
        return "failed" if receipt.last_error else "begun"

    @display(description="Last error")  # type: ignore[untyped-decorator]
    def error(self, receipt: Inbox) -> str:
        return receipt.last_error[:100]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Inbox], search_term: str
    ) -> tuple[QuerySet[Inbox], bool]:
        if not search_term.strip():
            return queryset, False
        id = _uuid(search_term.strip())
        return (queryset.none() if id is None else queryset.filter(event_id=id)), False


def _publish_again_to(consumer: str) -> Callable[[EventAdmin, HttpRequest, QuerySet[Event]], None]:
    return functools.partial(_send_again, consumer=consumer)


def _send_again(self: EventAdmin, request: HttpRequest, events: QuerySet[Event], *, consumer: str) -> None:
    chosen = Event.objects.filter(id__in=events.order_by().values("id"))
    try:
        count = again.to_consumer(events=chosen, consumer=consumer)
    except (BotoCoreError, ClientError, RuntimeError, ValueError) as error:
        self.message_user(request, f"Not all events could be sent to {consumer}: {error}", messages.ERROR)
        return
    LogEntry.objects.log_actions(str(request.user.pk), chosen, CHANGE, f"Published again to {consumer} alone.")
    self.message_user(
        request,
        f"{count} events were sent to {consumer}; those it has done already it will leave alone.",
        messages.SUCCESS,
    )


def _json(value: Any) -> SafeString:
    return format_html(
        '<pre class="whitespace-pre-wrap text-xs">{}</pre>', json.dumps(value, indent=2, ensure_ascii=False)
    )


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
