"""SIGTERM to a real worker, relay and beat, at work and at rest: what a deployment does to them."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from events import aws, queues
from events.envelope import to_wire
from events.models import Event, Inbox
from events.tests.conftest import wait_until
from events.tests.things import ThingHeld, let_go, make
from events.tests.world import CONSUMER

Start = Callable[..., subprocess.Popen[bytes]]
pytestmark = pytest.mark.django_db(transaction=True)
WORKER = ("-m", "celery", "-A", "shop.celery", "worker", "--concurrency=1", "--loglevel=INFO")
EMPTY = queues.Depth(waiting=0, in_flight=0, dead=0)
BEAT = ("-m", "celery", "-A", "shop.celery", "beat", "--loglevel=INFO", "--pidfile=", "--schedule")


@dataclass
class Way:
    """A way to the emulator. What is sent to a queue waits on it until the test opens it."""

    address: str = ""
    sent: int = 0
    open: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def way() -> Iterator[Way]:
    kept, to = Way(), str(urlsplit(settings.AWS_ENDPOINT_URL).netloc)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers["X-Amz-Target"] == "AmazonSQS.SendMessage":
                kept.sent += 1
                kept.open.wait(120)
            with closing(HTTPConnection(to, timeout=30)) as onward:
                onward.request("POST", self.path, body, dict(self.headers))
                answer = onward.getresponse()
                said = answer.read()
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers["Content-Type"])
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, format: str, *args: object) -> None:
            """Stays silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kept.address = f"http://127.0.0.1:{server.server_address[1]}"
    yield kept
    kept.open.set()
    server.shutdown()
    server.server_close()


def held(count: int) -> list[str]:
    """Puts events on the consumer's queue whose handler waits until the test lets it go; their names."""
    names = [f"thing{number}" for number in range(count)]
    for position, name in enumerate(names, 1):
        row = make(name, kind=ThingHeld)
        row.position = position
        aws.client("sqs").send_message(QueueUrl=aws.queue_url(CONSUMER), MessageBody=to_wire(row).decode())
    return names


def lines(effects: Path) -> list[str]:
    return effects.read_text().split() if effects.exists() else []


def test_a_worker_brings_the_task_in_hand_to_its_end(start: Start, effects: Path) -> None:
    held(1)
    worker = start(*WORKER)
    wait_until(lambda: lines(effects) == ["begun:thing0"], seconds=120)

    worker.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        worker.wait(1)
    let_go(effects)

    assert worker.wait(60) == 0
    assert lines(effects) == ["begun:thing0", "thing0"]
    assert queues.depth(CONSUMER) == EMPTY
    assert Inbox.objects.get().attempts == 1


def test_what_a_worker_had_taken_and_not_begun_is_there_for_the_next_at_once(
    start: Start, effects: Path, tmp_path: Path
) -> None:
    """The polls of all queues are open at once, so that it may get more than it has hands. A message that has failed
    would stay hidden for five minutes here."""
    worker = start(*WORKER, REDELIVERY_DELAY="300", THINGS_POLL="10")
    wait_until(lambda: " ready." in (tmp_path / "0.log").read_text(), seconds=120)
    held(1)
    wait_until(lambda: lines(effects), seconds=120)
    aws.client("sqs").send_message(QueueUrl=aws.queue_url(settings.TASK_QUEUE), MessageBody="anything")
    wait_until(lambda: queues.depth(settings.TASK_QUEUE).in_flight == 1)

    worker.terminate()
    let_go(effects)
    assert worker.wait(60) == 0

    assert lines(effects) == ["begun:thing0", "thing0"]
    assert queues.depth(settings.TASK_QUEUE) == queues.Depth(waiting=1, in_flight=0, dead=0)


def test_a_worker_at_rest_takes_no_message_with_it(start: Start, tmp_path: Path) -> None:
    """Its long poll may still be open at SQS, which would hide what it hands to a poll that nobody reads."""
    worker = start(*WORKER, THINGS_POLL="10")
    wait_until(lambda: " ready." in (tmp_path / "0.log").read_text(), seconds=120)
    worker.terminate()
    assert worker.wait(60) == 0

    sqs, url = aws.client("sqs"), aws.queue_url(CONSUMER)
    names, came = held(5), []
    for _ in names:
        for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            came.append(json.loads(message["Body"])["subject"])
    assert sorted(came) == [f"thing/{name}" for name in names]


def test_a_relay_that_ends_leaves_the_rest_to_the_next_and_nothing_comes_twice(start: Start, tmp_path: Path) -> None:
    count = 400
    for number in range(count):
        make(f"thing{number}")
    first = start("manage.py", "relay")
    wait_until(lambda: "active" in (tmp_path / "0.log").read_text(), seconds=120)
    second = start("manage.py", "relay")
    first.terminate()

    assert first.wait(60) == 0
    wait_until(lambda: not Event.objects.filter(published_at=None).exists(), seconds=120)
    assert second.poll() is None
    assert queues.depth(CONSUMER) == queues.Depth(waiting=count, in_flight=0, dead=0)
    assert list(Event.objects.order_by("position").values_list("position", flat=True)) == list(range(1, count + 1))


def test_beat_sends_the_task_that_is_due_before_it_ends(start: Start, way: Way, tmp_path: Path) -> None:
    """It is entered as sent already: what is cut off here would wait for its next time."""
    beat = start(*BEAT, str(tmp_path / "schedule"), AWS_ENDPOINT_URL=way.address)
    wait_until(lambda: way.sent == 1, seconds=120)

    beat.terminate()
    with pytest.raises(subprocess.TimeoutExpired):
        beat.wait(1)
    way.open.set()

    assert beat.wait(60) == 0
    assert way.sent == 1
    assert queues.depth(settings.TASK_QUEUE) == queues.Depth(waiting=1, in_flight=0, dead=0)


def test_beat_at_rest_ends_without_waiting_for_what_is_due_next(start: Start, tmp_path: Path) -> None:
    beat = start(*BEAT, str(tmp_path / "schedule"), THINGS_EVERY="3600")
    wait_until(lambda: "beat: Starting" in (tmp_path / "0.log").read_text(), seconds=120)
    beat.terminate()
    assert beat.wait(60) == 0
    assert queues.depth(settings.TASK_QUEUE) == EMPTY
