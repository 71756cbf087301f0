"""Importing as staff do: a file over HTTP, then the messages that a worker gets, until there are no more."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from events.models import Event
from events.tests.delivering import deliver

HEADER = "code,name,price"


def send(client: APIClient, content: str | bytes, **parts: Any) -> Any:
    """The answer to the file, which is not taken over yet."""
    raw = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("products.csv", raw, content_type="text/csv")
    headers = parts.pop("headers", {})
    return client.post("/products/import", {"file": file, **parts}, format="multipart", headers=headers)


def messages() -> list[Event]:
    """What waits in the queue."""
    return list(Event.objects.filter(type="ImportRequested", position=None).order_by("id"))


def work() -> int:
    """Hands the messages to the worker's task; says how many there were."""
    done = 0
    while waiting := messages():
        for event in waiting:
            deliver(event, "imports")
            done += 1
    return done


def taken_over(client: APIClient, content: str | bytes, **parts: Any) -> dict[str, Any]:
    """The import's JSON after all."""
    answer = send(client, content, **parts)
    assert answer.status_code == 202, answer.content
    work()
    body: dict[str, Any] = client.get(answer["Location"]).json()
    return body


def counts(body: dict[str, Any]) -> tuple[str, int, int, int, int]:
    return body["status"], body["created"], body["updated"], body["unchanged"], body["rejected_count"]


def reasons(body: dict[str, Any]) -> list[tuple[int, str, str]]:
    return [(one["row"], one["column"], one["code"]) for one in body["rejected"]]


def product(client: APIClient, code: str) -> dict[str, Any]:
    """A product as the API shows it to staff, whatever its status."""
    found: list[dict[str, Any]] = client.get(f"/products?status=all&code={code}").json()["results"]
    assert len(found) == 1, found
    return found[0]


def exported(client: APIClient, query: str = "") -> bytes:
    answer = client.get(f"/products/export{query}")
    assert answer.status_code == 200, answer.content
    return answer.getvalue()
